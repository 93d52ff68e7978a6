import { METER_LEAVES, RETAINED } from '../topics.ts'
import { FIELDS } from './fields.ts'
import { contractSchemas, fieldPaths, noteKey } from './schemas.ts'
import { contractText } from './words.ts'

/** The committed text of `docs/meter-contract.md`: the contract for who reads it without AsyncAPI tools. */
export function contractPage(): string {
  const parts = [
    '# The meter contract',
    'Made by `npm run meter-contract` from the schemas the code checks by, beside [asyncapi.json](asyncapi.json); not to be edited by hand.',
    contractText(),
    '## Leaves',
    ['| leaf | from | retained |', '| --- | --- | --- |', ...METER_LEAVES.map(leafRow)].join('\n'),
    '## Messages',
    ...Object.entries(contractSchemas()).map(([name, schema]) => {
      const required = Array.isArray(schema.required) ? schema.required : []
      const rows = fieldPaths(schema).map((path) => fieldRow(path, path.includes('.') || required.includes(path)))
      return [`### ${name}`, '', '| field | unit | OBIS | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
    }),
  ]
  return `${parts.join('\n\n')}\n`
}

function leafRow(leaf: (typeof METER_LEAVES)[number]): string {
  return `| \`${leaf}\` | ${leaf === 'cmd' ? 'server' : 'meter'} | ${RETAINED[leaf] ? 'yes' : 'no'} |`
}

/** One field. What may be left out at the top is said; below that the schema says it. */
function fieldRow(path: string, isRequired: boolean): string {
  const { says = '', unit = '', obis = '' } = FIELDS[noteKey(path)] ?? {}
  return `| \`${path}\` | ${unit} | ${obis} | ${says}${isRequired ? '' : ' Optional.'} |`
}
