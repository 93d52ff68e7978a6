import { createHash } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { keepDigest, type StoredPaper } from '../db/queries/papers/stored.ts'
import { formatsOf, type PaperFormat, renderPaper } from '../papers/renderings/render.ts'
import { ApiError } from './errors.ts'
import { notFound } from './visible.ts'

/**
 * Renders a stored paper and holds it against what was handed out before. A difference is our fault and is never handed out
 * (PAPER_CHANGED).
 */
export async function renderStored(
  db: Db,
  { paperId, model, templateVersion }: StoredPaper,
  format: PaperFormat,
): Promise<Buffer> {
  if (!formatsOf(model).includes(format)) throw notFound('form of this paper')
  const bytes = await renderPaper(model, { format, templateVersion })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const handedOut = await keepDigest(db, { paperId, format, sha256 })
  if (handedOut !== sha256) throw new ApiError('PAPER_CHANGED', 'This paper no longer comes out as it was handed out.')
  return bytes
}
