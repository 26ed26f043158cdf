/** What an officer's own judgement and follow-up visits may fail at. */
export const followUpCodes = {
  'override.without-reason': {
    what: 'Your own judgement has no reason beside it.',
    mend: 'Write in a few words what the model cannot know, then say it again.',
    http: 422,
  },
  'override.unknown-class': {
    what: 'The model knows no such class.',
    mend: 'Choose one of the classes that are offered.',
    http: 422,
  },
  'follow-ups.not-in-recipe': {
    what: 'The recipe of this model plans no follow-up visits.',
    mend: 'Add `followUps` to the recipe, then publish it again.',
    http: 409,
  },
  'follow-ups.over': {
    what: 'This follow-up is over: it is done, cancelled or expired.',
    mend: 'Nothing is left to be done; list those that are open.',
    http: 409,
  },
} as const
