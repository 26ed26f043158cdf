/** What can go wrong with forms, expressions and interviews; part of the catalogue in `codes.ts`. */
export const formCodes = {
  'form.not-found': {
    what: 'No published form has this id and version.',
    mend: 'Publish the form, or correct the id and version.',
    http: 404,
  },
  'form.workbook-unreadable': {
    what: 'The file is not a workbook that can be read.',
    mend: 'Save it again as .xlsx and try once more.',
    http: 422,
  },
  'form.invalid': {
    what: 'The form has errors.',
    mend: 'Correct the cells that are named and convert it again.',
    http: 422,
  },
  'form.xml-malformed': {
    what: 'The XForm is not well-formed XML.',
    mend: 'Correct the line that is named, or convert the XLSForm again.',
    http: 422,
  },
  'form.version-exists': {
    what: 'This form version was already published with other content.',
    mend: 'Raise the version in the settings sheet and publish again.',
    http: 409,
  },
  'form.list-damaged': {
    what: 'A list beside the form cannot be used as it is.',
    mend: 'Correct the row that is named, save the list and publish it again.',
    http: 422,
  },
  'form.list-unexpected': {
    what: 'The form looks nothing up in a list of this name.',
    mend: 'Give the file the name that stands in the form, or leave it out.',
    http: 422,
  },
  'form.list-missing': {
    what: 'No interview with this form could be finished, for a list that it chooses from is not there.',
    mend: 'Attach the files that are named, and publish again.',
    http: 422,
  },
  'form.lists-awaited': {
    what: 'The lists of this form are not all on this laptop yet.',
    mend: 'Sync; the form can be opened when they are here.',
    http: 409,
  },
  'xpath.syntax': {
    what: 'An expression cannot be read.',
    mend: 'Correct the expression at the place that is named.',
    http: 422,
  },
  'xpath.unknown-function': {
    what: 'An expression calls a function that does not exist.',
    mend: 'Correct the name of the function, or its number of arguments.',
    http: 422,
  },
  'xform.cycle': {
    what: 'Questions depend on one another in a circle.',
    mend: 'Remove one of the references that are named.',
    http: 422,
  },
  'session.no-such-question': {
    what: 'The form has no question at this place.',
    mend: 'Use a path of the form version that is open.',
    http: 404,
  },
  'session.not-relevant': {
    what: 'This question is not asked in this interview.',
    mend: 'Answer the question that opens it first.',
    http: 409,
  },
  'session.read-only': {
    what: 'This value is calculated and cannot be entered.',
    mend: 'Change the answers it is calculated from.',
    http: 409,
  },
  'session.user-missing': {
    what: 'This form records who fills it in, and nobody has been named.',
    mend: 'Give your name, then finish again.',
    http: 422,
  },
  'session.change-reason-missing': {
    what: 'This form records why a finished interview is changed, and no reason has been given.',
    mend: 'Say why the answers were changed, then finish again.',
    http: 422,
  },
  'session.violations': {
    what: 'Some answers are missing or not allowed.',
    mend: 'Correct the questions that are named, then finalise again.',
    http: 422,
  },
  'session.finalised': {
    what: 'This interview is finalised and cannot be changed.',
    mend: 'Open a correction of it instead.',
    http: 409,
  },
  'instance.malformed': {
    what: 'A submission is no instance of this form.',
    mend: 'Open it with the form it was made with, or leave out what the form has no place for.',
    http: 422,
  },
  'draft.malformed': {
    what: 'A draft cannot be read.',
    mend: 'Keep the file, and report it: its answers may still be rescued.',
    http: 422,
  },
} as const satisfies Record<string, { readonly what: string; readonly mend: string; readonly http: number }>
