/** Names that can be elements of a form: XML names, with a prefix at most. */

const NAME = String.raw`[\p{L}_][\p{L}\p{M}\p{N}._\-·‿⁀]*`
const XML_NAME = new RegExp(`^${NAME}(?::${NAME})?$`, 'u')

export const isXmlName = (text: string): boolean => XML_NAME.test(text)

/** For the end of a message that refuses a name. */
export const NAME_RULE = 'Begin with a letter or _, and go on with letters, digits, _, - and . only.'
