// `npm run meter-contract`: writes docs/asyncapi.json and docs/meter-contract.md from the schemas.
import { writeFileSync } from 'node:fs'
import { contractFile } from './document.ts'
import { contractPage } from './page.ts'

const FILES = { 'docs/asyncapi.json': contractFile, 'docs/meter-contract.md': contractPage }

for (const [path, text] of Object.entries(FILES)) {
  writeFileSync(path, text())
  console.log(`${path} written`)
}
