import { apiCodes } from './api-codes.ts'
import { followUpCodes } from './follow-up-codes.ts'
import { formCodes } from './form-codes.ts'
import { syncCodes } from './sync-codes.ts'

/**
 * Every expected failure in the house, once. The key never changes meaning: it stands in
 * logs, HTTP bodies and wire errors. `docs/error-codes.md` is generated from this table, so
 * write `what` for the person on site and `mend` as the next thing they do. Those of forms, of
 * the sync and of the API stand in `form-codes.ts`, `sync-codes.ts` and `api-codes.ts`.
 */
export const codes = {
  ...formCodes,
  // store
  'store.wrong-key': {
    what: 'The key does not open this store.',
    mend: 'Use the passphrase or the recovery key of this store; the file is untouched.',
    http: 401,
  },
  'store.key-missing': {
    what: 'A store is here, but its key file is not.',
    mend: 'Put the key file back, or open the store with the recovery key. A new key is never made over it.',
    http: 401,
  },
  'store.damaged': {
    what: 'The store is truncated or was changed from outside.',
    mend: 'Keep the folder as it is. Where a sealed copy is: murram agent restore-copy; else murram agent salvage writes what is readable. Nothing was overwritten.',
    http: 500,
  },
  'store.in-use': {
    what: 'Another process has this store open.',
    mend: 'Close the other agent or collector that uses this folder, then start again.',
    http: 409,
  },
  'store.disk-full': {
    what: 'The disk of this computer is full: what was just entered is not saved yet.',
    mend: 'Keep the interview open, delete or move other files, and save again. Everything saved before is safe.',
    http: 507,
  },
  'store.directory-unreachable': {
    what: 'The data directory cannot be created or written.',
    mend: 'Choose another with --data, or give this user the right to write there.',
    http: 500,
  },

  ...syncCodes,
  // enrolment and keys
  'enrol.token-unknown': {
    what: 'This enrolment token does not exist.',
    mend: 'Check the token, or ask the central team for a new one.',
    http: 401,
  },
  'enrol.token-used': {
    what: 'This enrolment token was already used by another device.',
    mend: 'Ask the central team for a new one: a token enrols one device.',
    http: 409,
  },
  'enrol.token-expired': {
    what: 'This enrolment token has expired.',
    mend: 'Ask the central team for a new one.',
    http: 401,
  },
  'enrol.other-officer': {
    what: 'This enrolment token was made for another officer.',
    mend: 'Give the name as the central team wrote it, or ask them for a token of your own.',
    http: 403,
  },
  'enrol.already': {
    what: 'This folder already holds an enrolled device.',
    mend: 'Use it, or choose an empty folder with --data.',
    http: 409,
  },
  'key.demo-refused': {
    what: 'A demo key was met outside the demo.',
    mend: 'Make real project keys; the demo keys are public knowledge.',
    http: 403,
  },

  // models
  'score.no-model': {
    what: 'No model is installed for this form.',
    mend: 'Sync once; until then interviews are kept without a score.',
    http: 404,
  },
  'score.input-missing': {
    what: 'The form version does not ask what the model reads.',
    mend: 'Publish a model made for this form version.',
    http: 422,
  },
  'score.not-finite': {
    what: 'The model gave no usable number.',
    mend: 'The interview is kept without a score; report the model to the central team.',
    http: 500,
  },
  'score.thread-ended': {
    what: 'The thread that scores ended before it answered.',
    mend: 'The interview is kept without a score; the next one starts the thread again. Report it if it comes back.',
    http: 500,
  },
  'key.root-refused': {
    what: 'A root document does not follow the one that is known here.',
    mend: 'Nothing was changed. Take the documents in their order, each signed by enough of the old and of the new root keys: docs/keys.md.',
    http: 401,
  },
  'key.root-expired': {
    what: 'The root document of the project has expired: no release is installed by it.',
    mend: 'Scoring goes on. The central team signs and publishes the next root document: docs/keys.md.',
    http: 410,
  },
  'freshness.missing': {
    what: 'The collector did not say what is in force, so a release on the line may be an old one.',
    mend: 'Sync again. Should it stay: tell the central team that somebody may stand between; a stick works meanwhile.',
    http: 409,
  },
  'freshness.refused': {
    what: 'What the collector says is in force is old, of other keys, or was changed.',
    mend: 'Check the clock of this device and sync again. Should it stay: tell the central team.',
    http: 409,
  },
  'bundle.withheld': {
    what: 'A newer release is in force than the one that is offered here.',
    mend: 'No action is needed: the present model stays until the newer one comes. Should it stay: tell the central team.',
    http: 409,
  },
  'bundle.order-withheld': {
    what: 'The central team gave an order on a model that has not come to this device.',
    mend: 'No action is needed: the present model stays until the order comes. Should it stay: tell the central team that somebody may stand between.',
    http: 409,
  },
  'bundle.counter-absurd': {
    what: 'The number of a release lies years ahead of this device.',
    mend: 'Check the clock of this device. Should it be right, do not use the release, and tell the central team.',
    http: 422,
  },
  'bundle.too-large': {
    what: 'The files of a release are larger than a device takes.',
    mend: 'Nothing was fetched. Train a smaller model, or tell the central team where the release came from.',
    http: 413,
  },
  'bundle.malformed': { what: 'A model bundle cannot be read.', mend: 'Fetch or copy the bundle again.', http: 422 },
  'bundle.bad-signature': {
    what: 'A release is not signed by this project.',
    mend: 'Do not use it; tell the central team where it came from.',
    http: 401,
  },
  'bundle.counter-not-higher': {
    what: 'A release is not newer than what this device has seen.',
    mend: 'No action is needed: the newer model stays.',
    http: 409,
  },
  'rollout.not-now': {
    what: 'The release is not in a state in which this can be done.',
    mend: 'See how far it is, and in which state: murram model rings NAME, or GET /api/v1/models/NAME/rollout.',
    http: 409,
  },
  'bundle.order-not-higher': {
    what: 'An order on a release is older than one that this device has heard.',
    mend: 'No action is needed: the newer order holds.',
    http: 409,
  },
  'bundle.expired': {
    what: 'A release has expired and may not be installed.',
    mend: 'Fetch a newer release; scoring goes on with the present model.',
    http: 410,
  },
  'bundle.incompatible': {
    what: 'A model does not fit the forms or the project on this device.',
    mend: 'Sync the forms first, or publish a model for them.',
    http: 422,
  },
  'bundle.hash-mismatch': {
    what: 'A file of the bundle does not have its length or hash.',
    mend: 'A device fetches it again and keeps its present model; a folder is copied or trained again.',
    http: 422,
  },
  'bundle.vectors-failed': {
    what: 'The model does not reproduce its own test rows on this device.',
    mend: 'The present model stays; tell the central team.',
    http: 500,
  },
  'bundle.load-failed': {
    what: 'The model cannot be loaded.',
    mend: 'The present model stays; tell the central team.',
    http: 500,
  },
  'recipe.invalid': { what: 'A recipe has errors.', mend: 'Correct the lines that are named.', http: 422 },
  'learn.too-few': {
    what: 'There are too few rows or classes to train on.',
    mend: 'Collect more verified outcomes first.',
    http: 422,
  },
  'learn.stopped': {
    what: 'The training was stopped before it was done.',
    mend: 'Start it again; nothing was written.',
    http: 409,
  },
  'learn.not-two-classes': {
    what: 'The outcome holds more than two classes.',
    mend: 'Name a column with two classes, or join its classes into two.',
    http: 422,
  },
  'run.in-progress': {
    what: 'A run of this model is going on.',
    mend: 'Wait until it has ended, or cancel it, then start another.',
    http: 409,
  },
  'run.over': {
    what: 'This run has ended already.',
    mend: 'Nothing is to be cancelled. What it released is taken back by a rollback.',
    http: 409,
  },
  'mlflow.unusable': {
    what: 'The MLflow server that is named cannot be used.',
    mend: 'Set MLFLOW_TRACKING_URI to the http or https address of a tracking server, or unset it.',
    http: 400,
  },
  'gate.refused': {
    what: 'The candidate did not pass the gate.',
    mend: 'Read the failed lines of its report; the champion stays in force.',
    http: 409,
  },
  'gate.barred': {
    what: 'The candidate failed lines that no person may override.',
    mend: 'Read the lines that are named and start another run; the champion stays in force.',
    http: 409,
  },

  ...followUpCodes,

  // houses
  ...apiCodes,
  'http.unauthorised': {
    what: 'The token is missing or wrong.',
    mend: 'Use the address with the token that was printed at start.',
    http: 401,
  },
  'http.bad-request': {
    what: 'The request is not of the form that is expected.',
    mend: 'Correct the fields that are named.',
    http: 400,
  },
  'http.internal': {
    what: 'The program failed at this request.',
    mend: 'Read its log, and report it.',
    http: 500,
  },
  'http.not-found': {
    what: 'There is nothing at this address.',
    mend: 'See /docs for the addresses there are.',
    http: 404,
  },
  'house.collector-unreachable': {
    what: 'No collector answers at this address.',
    mend: 'Start the collector, or correct the address.',
    http: 503,
  },
  'house.port-occupied': {
    what: 'The port is used by another program.',
    mend: 'Choose another with --port, or stop the other program.',
    http: 500,
  },
  'house.database-unreachable': {
    what: 'PostgreSQL cannot be started or reached.',
    mend: 'Read the reason; check DATABASE_URL, or choose a data directory that the database user may enter.',
    http: 500,
  },
  'house.browser-missing': {
    what: 'No Chromium was found.',
    mend: 'Install it (Debian: apt-get install chromium) or set CHROMIUM to its path.',
    http: 500,
  },
  'house.epoch-mismatch': {
    what: 'The database is older than the epoch kept beside it: it was restored.',
    mend: 'Start once with --accept-restore: the devices then send again what is missing.',
    http: 500,
  },
  'house.epoch-ended': {
    what: 'The database has another epoch than this collector opened, or an older copy of it was put back under it.',
    mend: 'Start this collector again; if the database was restored, start one of them with --accept-restore first.',
    http: 503,
  },
  'house.other-keys': {
    what: 'The keys in this folder are not those of the project that the database belongs to.',
    mend: 'Copy keys.json from the data folder of the project’s other collector into this one, and start again.',
    http: 500,
  },
  'house.recovering': {
    what: 'The database was restored, and nobody has closed the recovery yet.',
    mend: 'See what is still missing (murram collector recovering), then close it with --close.',
    http: 409,
  },

  // backups
  'backup.not-here': {
    what: 'The database is not one that this collector runs itself, or there is none in this folder.',
    mend: 'Back a managed PostgreSQL up by its own means, verify the copy, then tell: murram collector backup-done.',
    http: 409,
  },
  'backup.folder-unusable': {
    what: 'The folder cannot hold backups, or is none.',
    mend: 'Name a folder outside the data folder that this user may write, best on another disk.',
    http: 409,
  },
  'backup.disk-full': {
    what: 'There is not enough room for a backup.',
    mend: 'Free some, keep fewer backups (--keep), or name a folder on another disk. Earlier backups are untouched.',
    http: 507,
  },
  'backup.not-verified': {
    what: 'A copy of the database was made, but it could not be verified. It does not count as a backup.',
    mend: 'Read the reason and try again; devices keep everything that is not in an earlier verified backup.',
    http: 500,
  },
  'backup.in-progress': {
    what: 'A backup of this database is being made.',
    mend: 'Wait until it has ended.',
    http: 409,
  },
  'backup.other-project': {
    what: 'This is a backup of another project, or of another life of this one than the database is in.',
    mend: 'Name a backup of this project; after a restore make a new one.',
    http: 409,
  },
  'restore.database-present': {
    what: 'There is a database in this folder.',
    mend: 'Add --replace: the one that is there is kept beside it under another name.',
    http: 409,
  },
  'journal.unwritable': {
    what: 'What was decided stands in the database, but could not be written into the journal beside it.',
    mend: 'Free the disk or mend the folder of the journal, then start the collector again: it catches up.',
    http: 500,
  },

  // without a network
  'carry.unreadable': {
    what: 'This is no work bundle, or its beginning is damaged.',
    mend: 'Export it again, to another stick if there is one. Nothing was changed here, and nothing is lost.',
    http: 422,
  },
  'carry.newer': {
    what: 'The work bundle was written by a newer version of this program.',
    mend: 'Update this program, then import the same file again.',
    http: 422,
  },
  'carry.wrong-project': {
    what: 'The work bundle belongs to another project.',
    mend: 'Take it to the centre of its own project. Nothing was changed here.',
    http: 409,
  },
  'carry.wrong-device': {
    what: 'The file is not meant for this place: another device, or the other direction.',
    mend: 'What a laptop exported is imported at the centre; what the centre exported, on the one laptop it was made for.',
    http: 409,
  },
  'carry.damaged': {
    what: 'A part of the work bundle is damaged or missing.',
    mend: 'What could be read was imported. Export again and import that: what is there already is not counted twice.',
    http: 422,
  },
  'carry.gap': {
    what: 'The file begins after changes that this device does not have.',
    mend: 'Ask the centre for a full one (murram collector export-bundle --full).',
    http: 409,
  },
  'carry.wrong-code': {
    what: 'The code is not the one that the other laptop shows.',
    mend: 'Read it again from the screen of the laptop that carries.',
    http: 403,
  },
  'carry.full': {
    what: 'What is carried here has reached its limit.',
    mend: 'Let this laptop sync with the centre first, or hand over to another one.',
    http: 507,
  },
  'carry.nobody': {
    what: 'No laptop that carries answers at this address.',
    mend: 'Join the same hotspot, and check the address and the code on the other screen.',
    http: 503,
  },
  'carry.too-old': {
    what: 'A release on the stick is older than ninety days.',
    mend: 'Ask the centre for a fresh file, or sync once; the model in force stays.',
    http: 409,
  },
  'table.unreadable': {
    what: 'A table of rows cannot be read.',
    mend: 'Correct the row and column that are named.',
    http: 422,
  },
  'outcome.invalid': {
    what: 'An outcome cannot be used.',
    mend: 'Correct the row that is named; the others were imported.',
    http: 422,
  },
  'outcome.import-withdrawn': {
    what: 'This batch of outcomes was withdrawn.',
    mend: 'Restore the batch (`murram outcomes restore`), or send the rows that are right in a file of their own.',
    http: 409,
  },
  'record.not-checked': {
    what: 'A record could not be checked.',
    mend: 'Look at the record that is named; the others were checked.',
    http: 422,
  },
  'cli.file-unreadable': { what: 'A file cannot be read.', mend: 'Correct its name or its place.', http: 400 },
  'cli.no-such-folder': {
    what: 'The folder to write to is not there.',
    mend: 'Put the stick or the disk in, or make the folder first.',
    http: 400,
  },
  'cli.usage': { what: 'The command was not understood.', mend: 'See --help.', http: 400 },
} as const satisfies Record<string, { readonly what: string; readonly mend: string; readonly http: number }>

export type FaultCode = keyof typeof codes

/**
 * A plain value that crosses processes, logs and the wire as it is. `detail` names the field,
 * row, file or message at fault; what else a code carries stands beside it.
 */
export interface FaultOf<C extends FaultCode> {
  readonly fault: C
  readonly detail?: string
  readonly data?: Readonly<Record<string, unknown>>
}
export type Fault = { [C in FaultCode]: FaultOf<C> }[FaultCode]

export const fault = <C extends FaultCode>(
  code: C,
  detail?: string,
  data?: Readonly<Record<string, unknown>>,
): FaultOf<C> => ({
  fault: code,
  ...(detail === undefined ? {} : { detail }),
  ...(data === undefined ? {} : { data }),
})

/** One or two sentences for a person: what happened (and where), and what to do next. */
export const describeFault = ({
  fault: code,
  detail,
}: {
  readonly fault: FaultCode
  readonly detail?: string
}): string => `${codes[code].what}${detail === undefined ? '' : ` (${detail})`} ${codes[code].mend}`

export const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(codes, code)
