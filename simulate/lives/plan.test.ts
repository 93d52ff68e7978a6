import { expect, test } from '@jest/globals'
import { planLives } from './plan.ts'

test('the same seed draws the same lives, another seed others', () => {
  const plan = planLives({ customers: 40, months: 24, seed: 7 })
  expect(planLives({ customers: 40, months: 24, seed: 7 })).toEqual(plan)
  expect(planLives({ customers: 40, months: 24, seed: 8 }).events).not.toEqual(plan.events)
})

test('one household more changes nothing in the lives of the others', () => {
  const few = planLives({ customers: 10, months: 12, seed: 3 })
  const more = planLives({ customers: 11, months: 12, seed: 3 })
  expect(more.lives.slice(0, 10)).toEqual(few.lives)
  expect(more.events.filter(({ life }) => life < 10)).toEqual(few.events)
})

test('events come in the order in which they happen, each household applies before anything else, and every kind of deed is drawn', () => {
  const { events, endsAt } = planLives({ customers: 120, months: 24, seed: 1 })
  const instants = events.map(({ at }) => at)
  expect(instants).toEqual(instants.toSorted())
  expect(instants.every((at) => at < endsAt)).toBe(true)
  const first = new Map<number, string>()
  for (const { life, kind } of events) if (!first.has(life)) first.set(life, kind)
  expect(new Set(first.values())).toEqual(new Set(['apply']))
  expect([...new Set(events.map(({ kind }) => kind))].toSorted()).toEqual([
    'apply',
    'ask-credit-note',
    'change-package',
    'dispute',
    'leave',
    'meter-away',
    'meter-back',
    'pay',
    'plan',
    'promise',
  ])
})
