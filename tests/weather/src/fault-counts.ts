/** What went wrong on purpose, by kind: a schedule without faults proves nothing. */
export const FAULT_KINDS = [
  'cut',
  'half-open',
  'repeated',
  'truncated',
  'bit flipped',
  'agent crashed',
  'collector crashed',
  'agent disk full',
  'collector disk full',
  'clock jumped',
  'store cloned',
  'older store put back',
  'collector restored',
  'device revoked',
  'laptop destroyed',
  'other version',
  'form unknown',
  'too large',
  'sent back',
  'households divided',
  'view changed',
  'with files',
  'stick brought',
  'stick answered',
  'stick given back',
  'old agent',
  'laptop enrolled',
  'snapshot read',
  'snapshot left',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface FaultCounts {
  readonly add: (kind: FaultKind) => void
  readonly all: () => Readonly<Partial<Record<FaultKind, number>>>
}

export function createFaultCounts(): FaultCounts {
  const counts: Partial<Record<FaultKind, number>> = {}
  return {
    add: kind => {
      counts[kind] = (counts[kind] ?? 0) + 1
    },
    all: () => counts,
  }
}
