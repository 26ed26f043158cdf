/**
 * A total state table: every state answers every event, so that a new event does not
 * compile until each state has an answer, and a law is a property over lists of events.
 */
export type Table<State extends string, Event extends string> = {
  readonly [S in State]: { readonly [E in Event]: State | 'stays' }
}

export function step<State extends string, Event extends string>(
  table: Table<State, Event>,
  state: State,
  event: Event,
): State {
  const next = table[state][event]
  return next === 'stays' ? state : (next as State)
}
