/**
 * The project's keys while a collector runs: those that may be replaced are read at the moment of
 * use, and a change is on the disk before it counts.
 */
import { saveProjectKeys, type ProjectKeys } from './project-keys.ts'

export interface Keyring extends ProjectKeys {
  readonly change: (next: Partial<ProjectKeys>) => Promise<void>
}

/** @param file Where they lie; absent: nowhere, as in tests. */
export function openKeyring(keys: ProjectKeys, file: string | undefined): Keyring {
  let present = keys
  const { projectId, demo, root, box, collector } = keys
  return {
    projectId,
    demo,
    root,
    box,
    collector,
    get release() {
      return present.release
    },
    get releaseCertificate() {
      return present.releaseCertificate
    },
    get freshness() {
      return present.freshness
    },
    get next() {
      return present.next
    },
    change: async next => {
      const changed = { ...present, ...next }
      if (file !== undefined) await saveProjectKeys(file, changed)
      present = changed
    },
  }
}
