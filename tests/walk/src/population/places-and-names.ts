/**
 * The words of the population: places, names of people and villages, what they say at the end.
 * Places are those of `models/vulnerability/form.xlsx` (a test holds the two together); people
 * and villages are invented from common names.
 */
export type Region = 'central' | 'eastern' | 'northern' | 'western'
export type Language = 'English (en)' | 'Swahili (sw)'

interface District {
  readonly subcounties: readonly string[]
  /** Roughly the middle of the district, in degrees. */
  readonly latitude: number
  readonly longitude: number
}

// prettier-ignore
export const districts: Readonly<Record<Region, Readonly<Record<string, District>>>> = {
  central: {
    mukono:  { subcounties: ['nakisunga', 'kasawo', 'nama'], latitude: 0.35, longitude: 32.75 },
    masaka:  { subcounties: ['buwunga', 'bukakata', 'kyanamukaaka'], latitude: -0.34, longitude: 31.73 },
    luweero: { subcounties: ['katikamu', 'butuntumula', 'zirobwe'], latitude: 0.84, longitude: 32.5 },
  },
  eastern: {
    iganga: { subcounties: ['nakigo', 'nambale', 'bulamagi'], latitude: 0.61, longitude: 33.47 },
    mbale:  { subcounties: ['bungokho', 'bufumbo', 'busoba'], latitude: 1.08, longitude: 34.18 },
    soroti: { subcounties: ['arapai', 'gweri', 'asuret'], latitude: 1.71, longitude: 33.61 },
  },
  northern: {
    gulu:   { subcounties: ['awach', 'bungatira', 'paicho'], latitude: 2.77, longitude: 32.3 },
    lira:   { subcounties: ['ogur', 'amach', 'barr'], latitude: 2.25, longitude: 32.9 },
    moroto: { subcounties: ['nadunget', 'rupa', 'katikekile'], latitude: 2.53, longitude: 34.66 },
  },
  western: {
    kabale:  { subcounties: ['kamuganguzi', 'kitumba', 'buhara'], latitude: -1.25, longitude: 29.99 },
    kasese:  { subcounties: ['bwera', 'kyarumba', 'maliba'], latitude: 0.18, longitude: 30.08 },
    mbarara: { subcounties: ['rubaya', 'bubaare', 'kagongi'], latitude: -0.61, longitude: 30.66 },
  },
}

export const familyNames: Readonly<Record<Region, readonly string[]>> = {
  central: ['Kato', 'Nakato', 'Ssemakula', 'Nalubega', 'Mukasa', 'Namukasa', 'Kiggundu', 'Nansubuga', 'Lubega'],
  eastern: ['Wandera', 'Nabwire', 'Mugoya', 'Namutebi', 'Okello', 'Akello', 'Wafula', 'Nambozo', 'Opio'],
  northern: ['Ochieng', 'Achieng', 'Odongo', 'Adong', 'Ojok', 'Apio', 'Lokwang', 'Nakiru', 'Okot'],
  western: ['Tumusiime', 'Kyomuhendo', 'Byaruhanga', 'Ainembabazi', 'Mugisha', 'Katusiime', 'Baluku', 'Biira'],
}
export const givenNames = {
  female: ['Sarah', 'Grace', 'Agnes', 'Harriet', 'Esther', 'Aisha', 'Florence', 'Betty', 'Joan', 'Rose', 'Mariam'],
  male: ['Moses', 'John', 'Ivan', 'Hassan', 'David', 'Peter', 'Brian', 'Joseph', 'Samuel', 'Isaac', 'Ronald'],
} as const

export const villages = {
  first: ['Kasana', 'Bukasa', 'Kyebando', 'Nakawa', 'Bulenga', 'Kikoma', 'Aloi', 'Kamira', 'Busiro', 'Rwenjeru'],
  second: ['', ' A', ' B', ' Central', ' East', ' West', ' Hill', ' Lower', ' Upper'],
} as const

export const crops: Readonly<Record<Region, Readonly<Record<string, number>>>> = {
  central: { matooke: 3, coffee: 2, maize: 2, beans: 2, cassava: 1, sweet_potato: 1 },
  eastern: { maize: 3, cassava: 2, groundnuts: 2, sweet_potato: 2, beans: 1, millet: 1 },
  northern: { millet: 3, cassava: 2, groundnuts: 2, maize: 1, beans: 1 },
  western: { matooke: 3, beans: 2, maize: 2, sweet_potato: 2, coffee: 1, millet: 1 },
}

export type Theme = 'hunger' | 'school' | 'water' | 'health' | 'weather' | 'debt' | 'well'

export const sayings: Readonly<Record<Language, Readonly<Record<Theme, readonly string[]>>>> = {
  'English (en)': {
    hunger: [
      'Some days there is nothing to cook, and the children go to bed early.',
      'We eat once a day now. It was better last year.',
    ],
    school: [
      'I want my children back in school but I cannot pay.',
      'The older ones work so that the small ones can eat.',
    ],
    water: [
      'The borehole has been broken since March.',
      'We walk too far for water, and it is not safe for the girls.',
    ],
    health: ['My illness keeps me from the garden.', 'The health centre has no medicine when we get there.'],
    weather: ['The rains failed and the maize dried up.', 'The flood took our goats and half of the house.'],
    debt: ['The loan grows faster than I can pay it back.', 'I sold the goats to pay what we owed.'],
    well: ['We are managing, thank God.', 'The savings group has helped us a lot.', 'Thank you for coming to us.'],
  },
  'Swahili (sw)': {
    hunger: ['Siku nyingine hatuna chochote cha kupika.', 'Sasa tunakula mara moja kwa siku.'],
    school: ['Nataka watoto warudi shule lakini sina ada.', 'Watoto wakubwa wanafanya kazi ili wadogo wale.'],
    water: ['Kisima kimeharibika tangu Machi.', 'Tunatembea mbali sana kuteka maji.'],
    health: ['Ugonjwa wangu unanizuia kulima.', 'Kituo cha afya hakina dawa.'],
    weather: ['Mvua haikunyesha na mahindi yalikauka.', 'Mafuriko yalichukua mbuzi wetu.'],
    debt: ['Deni linaongezeka kila mwezi.', 'Niliuza mbuzi ili kulipa deni.'],
    well: ['Tunaendelea vizuri, tunashukuru.', 'Kikundi cha akiba kimetusaidia sana.', 'Asante kwa kututembelea.'],
  },
}
