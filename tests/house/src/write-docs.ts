/** `npm run docs`: writes the pages of docs/ that the code decides. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodesPage } from './error-codes-page.ts'
import { root } from './tree.ts'

writeFileSync(join(root, 'docs', 'error-codes.md'), errorCodesPage())
