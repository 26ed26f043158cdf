/**
 * Shows a laptop that the project's box key is at hand, before the laptop relies on it.
 *
 * Why only probes: whoever asks is a stranger. Of anything else that is sealed, a hash would
 * tell whether a guess of a short answer is right.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { openField, RECOVERY_PROBE, sha256, type BoxKey } from '@murram/seal'

/** @returns SHA-256 of the probe. */
export function proveRecovery(box: BoxKey, sealed: string): Result<string, FaultOf<'http.bad-request'>> {
  const opened = openField(box, sealed)
  return opened.ok && opened.value.startsWith(RECOVERY_PROBE)
    ? ok(sha256(opened.value))
    : err(fault('http.bad-request', 'sealed: no probe to this project'))
}
