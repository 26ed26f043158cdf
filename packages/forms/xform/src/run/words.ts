/**
 * What the engine itself says to a person, by language: the messages for which the form gives
 * none, and what an answer of a type looks like.
 *
 * A language of a form is a name with a code (`Kiswahili (sw)`), a code, or only a name.
 *
 * Not here: texts of the form (`render.ts`) and the words of a page around it (apps/field).
 */

/** `{value}`, `{expected}`, `{least}`, `{most}` and `{step}` are filled in. */
export interface Words {
  readonly required: string
  readonly constraint: string
  /** Where a soft constraint has no message of its own. */
  readonly unusual: string
  readonly notAccepted: string
  readonly integer: string
  readonly decimal: string
  readonly date: string
  readonly time: string
  readonly dateTime: string
  readonly geopoint: string
  readonly geotrace: string
  readonly geoshape: string
  readonly range: string
  readonly oneChoice: string
  readonly offered: string
  readonly trigger: string
}

/** Words of an installation by language code; what is not given stays as it is here. */
export type WordsByLanguage = Readonly<Record<string, Partial<Words>>>

const EN: Words = {
  required: 'This question must be answered.',
  constraint: 'This answer is not allowed.',
  unusual: 'This answer is unusual. Please say why it is right.',
  notAccepted: 'Not accepted: {value}. Expected {expected}.',
  integer: 'a whole number',
  decimal: 'a number',
  date: 'a date such as 2026-11-21',
  time: 'a time such as 14:30',
  dateTime: 'a date and time such as 2026-11-21T14:30:00.000+03:00',
  geopoint: 'a place as latitude and longitude, with altitude and accuracy if known',
  geotrace: 'a line of at least two places, each followed by a semicolon',
  geoshape: 'an area of at least three places that ends where it began',
  range: 'a number from {least} to {most} in steps of {step}',
  oneChoice: 'one choice',
  offered: 'one of the choices that are offered',
  trigger: 'OK',
}

const BY_LANGUAGE: Readonly<Record<string, Words>> = {
  en: EN,
  fr: {
    required: 'Une réponse à cette question est obligatoire.',
    constraint: 'Cette réponse n’est pas permise.',
    unusual: 'Cette réponse est inhabituelle. Veuillez expliquer pourquoi elle est juste.',
    notAccepted: 'Refusé : {value}. Attendu : {expected}.',
    integer: 'un nombre entier',
    decimal: 'un nombre',
    date: 'une date comme 2026-11-21',
    time: 'une heure comme 14:30',
    dateTime: 'une date et une heure comme 2026-11-21T14:30:00.000+03:00',
    geopoint: 'un lieu : latitude et longitude, avec altitude et précision si connues',
    geotrace: 'une ligne d’au moins deux lieux, chacun suivi d’un point-virgule',
    geoshape: 'une surface d’au moins trois lieux qui finit où elle commence',
    range: 'un nombre de {least} à {most} par pas de {step}',
    oneChoice: 'un seul choix',
    offered: 'l’un des choix proposés',
    trigger: 'OK',
  },
  es: {
    required: 'Esta pregunta debe responderse.',
    constraint: 'Esta respuesta no está permitida.',
    unusual: 'Esta respuesta es poco común. Explique por qué es correcta.',
    notAccepted: 'No se acepta: {value}. Se esperaba {expected}.',
    integer: 'un número entero',
    decimal: 'un número',
    date: 'una fecha como 2026-11-21',
    time: 'una hora como 14:30',
    dateTime: 'una fecha y hora como 2026-11-21T14:30:00.000+03:00',
    geopoint: 'un lugar: latitud y longitud, con altitud y precisión si se conocen',
    geotrace: 'una línea de al menos dos lugares, cada uno seguido de punto y coma',
    geoshape: 'un área de al menos tres lugares que termina donde empezó',
    range: 'un número de {least} a {most} en pasos de {step}',
    oneChoice: 'una sola opción',
    offered: 'una de las opciones ofrecidas',
    trigger: 'OK',
  },
  pt: {
    required: 'Esta pergunta tem de ser respondida.',
    constraint: 'Esta resposta não é permitida.',
    unusual: 'Esta resposta é invulgar. Explique por que está certa.',
    notAccepted: 'Não aceite: {value}. Esperava-se {expected}.',
    integer: 'um número inteiro',
    decimal: 'um número',
    date: 'uma data como 2026-11-21',
    time: 'uma hora como 14:30',
    dateTime: 'uma data e hora como 2026-11-21T14:30:00.000+03:00',
    geopoint: 'um lugar: latitude e longitude, com altitude e precisão se conhecidas',
    geotrace: 'uma linha de pelo menos dois lugares, cada um seguido de ponto e vírgula',
    geoshape: 'uma área de pelo menos três lugares que termina onde começou',
    range: 'um número de {least} a {most} em passos de {step}',
    oneChoice: 'uma só opção',
    offered: 'uma das opções oferecidas',
    trigger: 'OK',
  },
  sw: {
    required: 'Swali hili lazima lijibiwe.',
    constraint: 'Jibu hili haliruhusiwi.',
    unusual: 'Jibu hili si la kawaida. Tafadhali eleza kwa nini ni sahihi.',
    notAccepted: 'Halikubaliwi: {value}. Linalotakiwa ni {expected}.',
    integer: 'nambari nzima',
    decimal: 'nambari',
    date: 'tarehe kama 2026-11-21',
    time: 'saa kama 14:30',
    dateTime: 'tarehe na saa kama 2026-11-21T14:30:00.000+03:00',
    geopoint: 'mahali kwa latitudo na longitudo, pamoja na mwinuko na usahihi kama vinajulikana',
    geotrace: 'mstari wa angalau sehemu mbili, kila moja ikifuatwa na nukta-mkato',
    geoshape: 'eneo la angalau sehemu tatu linaloishia lilipoanzia',
    range: 'nambari kutoka {least} hadi {most} kwa hatua za {step}',
    oneChoice: 'chaguo moja',
    offered: 'mojawapo ya chaguo zilizopo',
    trigger: 'OK',
  },
  ar: {
    required: 'يجب الإجابة عن هذا السؤال.',
    constraint: 'هذه الإجابة غير مسموح بها.',
    unusual: 'هذه الإجابة غير معتادة. يرجى توضيح سبب صحتها.',
    notAccepted: 'غير مقبول: {value}. المتوقع {expected}.',
    integer: 'عدد صحيح',
    decimal: 'عدد',
    date: 'تاريخ مثل 2026-11-21',
    time: 'وقت مثل 14:30',
    dateTime: 'تاريخ ووقت مثل 2026-11-21T14:30:00.000+03:00',
    geopoint: 'موقع بخط العرض وخط الطول، مع الارتفاع والدقة إن عُرفا',
    geotrace: 'خط من موقعين على الأقل، يتبع كلاً منهما فاصلة منقوطة',
    geoshape: 'مساحة من ثلاثة مواقع على الأقل تنتهي حيث بدأت',
    range: 'عدد من {least} إلى {most} بخطوات قدرها {step}',
    oneChoice: 'خيار واحد',
    offered: 'أحد الخيارات المعروضة',
    trigger: 'OK',
  },
}

const CODE_OF_NAME: Readonly<Record<string, string>> = {
  english: 'en',
  french: 'fr',
  français: 'fr',
  francais: 'fr',
  spanish: 'es',
  español: 'es',
  espanol: 'es',
  portuguese: 'pt',
  português: 'pt',
  portugues: 'pt',
  swahili: 'sw',
  kiswahili: 'sw',
  arabic: 'ar',
  العربية: 'ar',
}

/** `Português (pt-BR)` → `pt`; a name that is not known gives itself. */
export function languageCode(language: string): string {
  const inBrackets = /\(\s*([A-Za-z]{2,3})(?:[-_][^)]*)?\s*\)\s*$/.exec(language)?.[1]
  if (inBrackets !== undefined) return inBrackets.toLowerCase()
  const plain = language.trim().toLowerCase()
  return CODE_OF_NAME[plain] ?? /^([a-z]{2,3})(?:[-_]|$)/.exec(plain)?.[1] ?? plain
}

export function wordsOf(language: string, own: WordsByLanguage = {}): Words {
  const code = languageCode(language)
  return { ...(BY_LANGUAGE[code] ?? EN), ...own[code], ...own[language] }
}

export const fillIn = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
