/**
 * Told to the collector at each session and on each stick, and shown in diagnostics. By it a centre
 * knows which rows a stick may hold (`protocolOfAgent`).
 */
export const AGENT_VERSION = '0.2.0'
