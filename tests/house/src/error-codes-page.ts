/** docs/error-codes.md, from the catalogue of faults. */
import { codes } from '@murram/ground'

export const errorCodesPage = (): string =>
  [
    '# Error codes',
    '',
    'Every expected failure, once. A code never changes its meaning; it stands in logs, HTTP bodies and wire messages.',
    'This page is written from `packages/ground/src/fault/codes.ts` by `npm run docs`, and `npm test` compares the two.',
    '',
    '| code | what happened | what to do | HTTP |',
    '| --- | --- | --- | --- |',
    ...Object.entries(codes).map(([code, { what, mend, http }]) => `| \`${code}\` | ${what} | ${mend} | ${http} |`),
    '',
  ].join('\n')
