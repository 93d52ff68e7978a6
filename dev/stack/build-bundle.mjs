// The workflows as one file beside the compiled code, so that a worker starts without a bundler.
import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { checkoutDir } from './cache.mjs'
import { workflowBundle } from './workflow-bundle.mjs'

const { codePath } = await workflowBundle(path.join(checkoutDir, 'dist', 'workflows', 'index.js'))
copyFileSync(codePath, path.join(checkoutDir, 'dist', 'workflow-bundle.js'))
