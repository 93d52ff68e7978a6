// `npm run build`: compiled code in dist/, with the workflows bundled. Production images run this; `npm start` does it by itself.
import { build } from './stack/install.mjs'
import { createProgress } from './stack/progress.mjs'
import { SetUpError } from './stack/run.mjs'

try {
  await build(createProgress())
} catch (error) {
  console.error(error instanceof SetUpError ? error.message : error)
  process.exitCode = 1
}
