/**
 * The verbs of an officer's laptop without a window.
 *
 *   murram agent enroll --collector https://… --token … --officer Akello --data ./laptop
 *   murram agent start --data ./laptop
 *   murram agent sync --data ./laptop
 *   murram agent status --data ./laptop --json | jq .outbox.waiting
 *   murram agent diagnostics --data ./laptop
 *
 * The store is opened by the passphrase in MURRAM_PASSPHRASE, or by a key file (`--key-file`,
 * by default inside the data folder: as safe as the disk it lies on and no safer).
 *
 * Exit: 0 done, nothing waits · 1 something waits or was refused · 2 it could not be done.
 */
import {
  diagnosticsHeadless,
  enrolAgent,
  headlessKey,
  startHeadless,
  statusHeadless,
  syncHeadless,
  type Diagnosis,
  type HeadlessOptions,
} from '@murram/agent'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { untilAsked } from '../until-asked.ts'

export interface AgentOptions {
  readonly data: string
  readonly keyFile?: string
  readonly demo?: boolean
  readonly json?: boolean
}

export const houseOf = ({ data, keyFile, demo = false }: AgentOptions): HeadlessOptions => {
  const dataDir = pathOf(data)
  const passphrase = process.env.MURRAM_PASSPHRASE
  const given = {
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(keyFile === undefined ? {} : { keyFile: pathOf(keyFile) }),
  }
  return { dataDir, key: headlessKey(dataDir, given), allowDemo: demo }
}

export async function agentEnroll(
  options: AgentOptions & { readonly collector: string; readonly token: string; readonly officer: string },
): Promise<ExitCode> {
  const { collector: collectorUrl, token, officer } = options
  const house = houseOf(options)
  const enrolled = await enrolAgent({ ...house, collectorUrl, token, officer, now: Date.now })
  if (!enrolled.ok) return sayFault(enrolled.error, options)
  if (house.key.kind === 'key-file') {
    print.note(
      `the store is opened by the key file ${house.key.path}: as safe as the disk; set MURRAM_PASSPHRASE for a passphrase`,
    )
  }
  const { deviceId, projectId } = enrolled.value
  if (options.json === true) print.json({ ok: true, deviceId, projectId, officer })
  else print.line(`enrolled in ${projectId} as device ${deviceId}; next: murram agent start --data ${options.data}`)
  return 0
}

export async function agentStart(
  options: AgentOptions & { readonly port: number; readonly collector?: string },
): Promise<ExitCode> {
  const fieldDir = resolve(import.meta.dirname, '..', '..', '..', 'field', 'dist')
  const started = await startHeadless({
    ...houseOf(options),
    port: options.port,
    ...(existsSync(fieldDir) ? { fieldDir } : {}),
    ...(options.collector === undefined ? {} : { collectorUrl: options.collector }),
  })
  if (!started.ok) return sayFault(started.error, options)
  const { loopback, close } = started.value
  if (options.json === true) print.json({ ok: true, page: loopback.pageUrl })
  else {
    print.line(`the officer's page: ${loopback.pageUrl}`)
    print.line('it syncs whenever a link appears; Ctrl-C ends it, nothing is lost by that')
  }
  await untilAsked()
  await close()
  return 0
}

export async function agentSync(
  options: AgentOptions & { readonly collector?: string; readonly seconds: number },
): Promise<ExitCode> {
  const synced = await syncHeadless({
    ...houseOf(options),
    deadlineMs: options.seconds * 1000,
    ...(options.collector === undefined ? {} : { collectorUrl: options.collector }),
  })
  if (!synced.ok) return sayFault(synced.error, options)
  return sayDiagnosis(synced.value.diagnosis, options)
}

export async function agentStatus(options: AgentOptions): Promise<ExitCode> {
  const status = await statusHeadless(houseOf(options))
  return status.ok ? sayDiagnosis(status.value, options) : sayFault(status.error, options)
}

/** A file for whoever helps: counts, codes and the log, sealed so that only the project can read it. */
export async function agentDiagnostics(options: AgentOptions): Promise<ExitCode> {
  const written = await diagnosticsHeadless(houseOf(options))
  if (!written.ok) return sayFault(written.error, options)
  if (options.json === true) print.json({ ok: true, file: written.value })
  else print.line(`${written.value}: only the central team can read it (murram collector read-diagnostics)`)
  return 0
}

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1)

function sayDiagnosis(diagnosis: Diagnosis, { json }: AgentOptions): ExitCode {
  const { outbox, attachments, drafts, mirror, forms, awaitedLists, models, projectId, deviceId } = diagnosis
  if (json === true) print.json({ ok: true, ...diagnosis })
  else {
    const oldest = outbox.oldestAtMs === null ? '' : `, the oldest since ${new Date(outbox.oldestAtMs).toISOString()}`
    print.line(`device ${deviceId} of ${projectId}`)
    print.line(
      outbox.waiting === 0
        ? 'nothing waits'
        : `${outbox.waiting} waiting, ${(outbox.sizeBytes / 1000).toFixed(1)} kB${oldest}`,
    )
    if (attachments.interviews > 0)
      print.line(
        `${attachments.interviews} ${attachments.interviews === 1 ? 'interview has' : 'interviews have'} photos or files to send, ${(attachments.bytesLeft / 1_000_000).toFixed(1)} MB`,
      )
    if (outbox.refused > 0) {
      print.line(
        `${outbox.refused} refused by the centre, kept here and tried again: murram agent diagnostics says more`,
      )
    }
    print.line(`${drafts} drafts, ${mirror.entity} households, ${mirror.conflict} answers that differ`)
    print.line(
      forms.length === 0
        ? 'no form here: the central team has published none, or this laptop has not synced yet'
        : `forms: ${forms.map(({ formId, version }) => `${formId} ${version}`).join(', ')}`,
    )
    for (const { formId, version, name, haveBytes, sizeBytes, hasEarlier } of awaitedLists)
      print.line(
        `${name} of ${formId} ${version} is on its way, ${kilobytes(haveBytes)} of ${kilobytes(sizeBytes)} kB: ${hasEarlier ? 'the one before it is used until then' : 'the form opens when it is here'}`,
      )
    print.line(
      `models: ${models.map(({ modelName, counter }) => `${modelName} #${counter}`).join(', ') || 'none yet: sync once'}`,
    )
  }
  return outbox.waiting + outbox.refused + attachments.interviews === 0 ? 0 : 1
}
