/** What is to happen at an instant (ms), earliest first; at the same instant in the order in which it was put in. */
export interface Timers<T> {
  put(at: number, what: T): void
  /** The instant of the first, or Infinity. */
  firstAt(): number
  take(): T | undefined
}

interface Entry<T> {
  readonly at: number
  readonly order: number
  readonly what: T
}

/** A binary heap. */
export function createTimers<T>(): Timers<T> {
  const heap: Entry<T>[] = []
  let puts = 0
  const isBefore = (a: Entry<T>, b: Entry<T>): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
  return {
    put: (at, what) => {
      heap.push({ at, order: (puts += 1), what })
      rise(heap, isBefore)
    },
    firstAt: () => heap[0]?.at ?? Infinity,
    take: () => {
      const first = heap[0]
      const last = heap.pop()
      if (first === undefined || last === undefined) return undefined
      if (first !== last) {
        heap[0] = last
        sink(heap, isBefore)
      }
      return first.what
    },
  }
}

type Order<E> = (a: E, b: E) => boolean

function rise<E>(heap: E[], isBefore: Order<E>): void {
  for (let index = heap.length - 1; index > 0;) {
    const above = (index - 1) >> 1
    if (!swapIf(heap, { lower: index, upper: above }, isBefore)) return
    index = above
  }
}

function sink<E>(heap: E[], isBefore: Order<E>): void {
  for (let index = 0; ;) {
    const left = 2 * index + 1
    const [a, b] = [heap[left], heap[left + 1]]
    if (a === undefined) return
    const smaller = b !== undefined && isBefore(b, a) ? left + 1 : left
    if (!swapIf(heap, { lower: smaller, upper: index }, isBefore)) return
    index = smaller
  }
}

function swapIf<E>(heap: E[], { lower, upper }: { lower: number; upper: number }, isBefore: Order<E>): boolean {
  const [below, above] = [heap[lower], heap[upper]]
  if (below === undefined || above === undefined || !isBefore(below, above)) return false
  heap[lower] = above
  heap[upper] = below
  return true
}
