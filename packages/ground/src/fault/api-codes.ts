/** Of programs that ask the collector by its API: part of the one catalogue (`codes.ts`). */
export const apiCodes = {
  'access.key-refused': {
    what: 'The API key is missing, unknown, expired or revoked.',
    mend: 'Send it in the header X-API-Key. For a new one ask the central team: murram collector api-key create.',
    http: 401,
  },
  'access.too-much': {
    what: 'This API key asks for more than it may just now.',
    mend: 'Wait for as many seconds as Retry-After says, and go on; or have a key made with a higher --records-per-second.',
    http: 429,
  },
  'predict.no-model': {
    what: 'No model of this name is in force here.',
    mend: 'Correct the name: murram model list shows which there are.',
    http: 404,
  },
  'predict.record-refused': {
    what: 'This record cannot be scored as it was given.',
    mend: 'Correct the names and answers that are named; what was not asked is left out.',
    http: 422,
  },
} as const
