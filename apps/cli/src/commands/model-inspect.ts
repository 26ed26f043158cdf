/**
 * murram model inspect: what a bundle is, without using it: who made it and when, what it
 * reads, what it tells, what was measured.
 *
 *   murram model inspect ./bundle
 *   murram model inspect ./bundle --json | jq .inputs
 *
 * Exit: 0 told · 1 the bundle may not be used, with the reason.
 */
import type { Manifest, ModelInput } from '@murram/score'
import { openFolder, type FolderOptions } from '../model/open-folder.ts'
import { print, type ExitCode } from '../print.ts'

export async function modelInspect(folder: string, options: FolderOptions): Promise<ExitCode> {
  const scorer = await openFolder(folder, options, null)
  if (scorer === null) return 1
  await using opened = scorer
  const { manifest } = opened
  if (options.json === true) print.json({ ok: true, expired: manifest.expiresAtMs <= Date.now(), ...manifest })
  else describe(manifest)
  return 0
}

function describe(manifest: Manifest): void {
  const { modelName, counter, projectId, formId, formVersions, classes, positive, threshold } = manifest
  const tells =
    classes.length === 0
      ? 'an amount'
      : classes.length === 2
        ? `“${positive}” or “${classes[0]}”; it names “${positive}” from ${threshold}`
        : classes.map(name => `“${name}”`).join(', ')
  const facts: readonly (readonly [string, string])[] = [
    ['model', `${modelName} #${counter}, project ${projectId}${manifest.demo ? ' (demo)' : ''}`],
    ['form', `${formId} ${formVersions.join(', ')}`],
    ['tells', tells],
    ['made', dayOf(manifest.createdAtMs)],
    [
      'installs until',
      `${dayOf(manifest.expiresAtMs)}${manifest.expiresAtMs <= Date.now() ? ' (passed; it still scores)' : ''}`,
    ],
    [
      'sure',
      manifest.conformal === null
        ? 'never: too few outcomes to measure doubt'
        : `where one class alone is possible at ${manifest.conformal.coverage * 100} % coverage`,
    ],
    [
      'measured',
      Object.entries(manifest.metrics)
        .map(([name, value]) => `${name} ${value.toFixed(4)}`)
        .join(', ') || 'nothing',
    ],
    ['files', manifest.files.map(({ name, sizeBytes }) => `${name} ${(sizeBytes / 1_000).toFixed(0)} kB`).join(', ')],
    ['reads', `${manifest.inputs.length} questions`],
  ]
  for (const [name, value] of facts) print.line(`${name.padEnd(15)} ${value}`)
  for (const input of manifest.inputs) print.line(`  ${input.name.padEnd(28)} ${describeInput(input)}`)
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const describeInput = ({ kind, from, unit, read, words }: ModelInput): string =>
  [
    read === undefined ? kind : 'date, as days',
    ...(unit === undefined ? [] : [unit]),
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(words === undefined ? [] : Object.entries(words).map(([word, value]) => `${word} is ${value}`)),
  ].join(', ')
