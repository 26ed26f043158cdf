/** Told to the collector at each session and shown in diagnostics. */
export const AGENT_VERSION = '0.2.0'
