/**
 * Codes of languages, as devices and BCP 47 know them: ISO 639-1 where a language has such a
 * code, else ISO 639-3, and ISO 639-5 for families. A region or script may follow: `pt-BR`.
 *
 * Why a table: the runtime only knows the languages that it has been translated into. It was
 * made of the lists that the registration authorities publish, of 2023.
 */

const TWO_LETTERS =
  'aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv ' +
  'cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ' +
  'ht hu hy hz ia id ie ig ii ik in io is it iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ' +
  'ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb nd ne ng ' +
  'nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk ' +
  'sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve ' +
  'vi vo wa wo xh yi yo za zh zu'

/** A bit for each word of three letters, `aaa` first; base 64. */
const THREE_LETTERS = Buffer.from(
  '/+39/u//v9v7//7a9x88V2+Xc/j/9/9wvwP//8sFhVLp//1/////d/////////fj6f///028Cnq+/3///v/3///v/98r9PHwXeef' +
    'FAcg3+0fPskh+L/u3///f///f/////9//f////d/7///7/+/z7///b//7f////6/////79////P/+3f////+///7///3///13///' +
    'f9/////+///f///f+f//7v//////9z+9/cWtb0DvnMFDLAglQQBQRACAu//yn7RCRdaTJIj3e+cXVlV5Dhw3f/Pvn+9dOGUIAAC8' +
    '/7////9/Nz7Hh8//AYEAsAWAAAAAAANAAACSIdD9df/e/l4EAAJkjRnB33siAAAA323OIuXZ8/5//c+dFEEEhgDRAPDHZ1/WmV63' +
    '7e8DAAIAAADAV1pHkmkBLtZ7dN9/fwAAAAEEVgMAALAUB1EUCgABAAAQEUkAAGAQAAAAEAAARAQAEIAFGAAABQCAKAQAABDVLRBk' +
    'FSRTtdW/4s0DAIAAQAAAAAAABBc5Ad1XmSGYpwAAAUCCAAAABAAAAAIBQABEAACw/qs5AAIAAAAEAAAAAAAgAEAEAAAAAgAAABCD' +
    'qAUAAAAABCAEpggEAAiBUAAACDGGQAAAAABAAAP1AxAIBAAAAOA7sxMAgAARAAAAAAAAAAAAAAAA///f7//fz4OiwP/fJ+8f5QMQ' +
    'ILDFgEUlmwPfud8D0EiQAQ6Bo5NU2zjzf/9t+f//fwQIAAEhEjxf/Q+FT0QAAAT//d/W6Bv0N6MNAAAge3kCB4QA8P9//gAYBIEA' +
    'AACAEJQcAQAAAAAAEEAABAi0/qUMQAAAkSQEbABg8P/7f/YYBZ/fbgMAEQAAAEAFNbaCKAQABFHi//0/BQkIBUAAAAAAEAAADAAA' +
    'AAAhAmzjSBSIIMBHgAcAAADMUEAkhUeEQCAQACACUIgRANHs7lA1DQFpDlnrMwgAIAVAEAAAAFBElknWXaeBR5f7ABAACACAAEBF' +
    'AAECAAFAgAACCPjr1znEnRYAAAwEASAg2aIBAAAAEkQAAAQQ8J2VEwSAAAHQFkAAEPCQYkzSAgFKAEYEAAgCACDAAIAGAAgAAAAA' +
    '8NjvFQIIAAABAAAAABABABAAAAD/1+N9//////9////2////////P/f/3//7///b/X////7//////////////f/f39z3/9//////' +
    '/777//////9///7//f//7///7//r/fv/////9d//v3u93d//vJgFLP8H8Pv/fwAIAMN9GwbmcvDvfH9EIjCfex79/1by/z7f8g6V' +
    '9///R4ABAgAgQFWfip/5bhGHUdDz/3dAAQXRWFwAQAAQBAIAIAqAe7f9/v7////////v/7//f/////////ff//f//997//9/////' +
    '7f+9///7///f3339//f///f////7/+//f////3/f/7/vt/9/3//n////9v72f///f////Pf9X/9/n77//v9/938CggT/v///1+//' +
    '//f/4p7n//f/Vn3F///////v3v2/fQ+nUQbEl9Bdr6b//f9jXUv///8/IBQAV1HCZfUN4v//30IFxQUAIgB0aRAIBUEAAQYAAAAA' +
    'AFFgBQQBAAAGESAAGAGS8f1nawaVBkft+02de4MEYkAAFUIAAABUg/lfEI7JRt/3ExEAIAAAAJAAAAAAAAoQAAFAAPDffb99vk//' +
    'v0AUhGGw/116BAIASS0UJv/t8a/vPwAAAsfgHvy7/b379/z3///09e1D9HcQAQFEf/+33flfBYbv9Te9HQAAAENxQgBAAAABQxkg' +
    'CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAO+951fuE10J' +
    'wUAh+hcBgAAAAADw/v+/ACMAIAAACAAAMLXjEAAAABEkFgABAjCCowFQAAGDEUgAAADw39+/EqoQf9hSAIAgAAAAAEAQAgI8ABBC' +
    'EGFfnDEAAAABXAIgAAABAEIBIAAAv1//////L9/ez737r///f0tAEPF96/33///73/9v8XvxP/9//+7357//0/3f//1+v1f/b4F2' +
    'n9z3/f////v+/19XR+9fUBBi/v+fFZ8VD33GfaGS9fd+f//////93f//vfZf/z9AmAK/4//j9v5c/t9/0D4Ve7j/vv//9v/393P/' +
    '/+7f99f97y+Av8X////fn//////9v99/Bh93//jbXc99Frnqe6AeIAAwAgQkSAQAAEDUBgQAAAQABAAwCQZQAAgAAAAkAAQAENxY' +
    '100PFE/xFmTVSAoAAgBAAAgAAADc/+sfWEhBJKAEABASQCIAEAAAAAAAAAEAAACAEBC/b5MAAQAAAAAAAADAgC0AAAAAAAAKAAAA' +
    'wIbCAgAAAAH+GAIAEvD/eT8AJQAAAAoAAAAAAABAABADAAkgAAABAACDAAAAAAEAAAAAAAAAAAAAAAD////Pfr4REAAAkgFGzfFe' +
    'AAEAMBQEURABBPY/MgUEALCAIFV1l33fccx41UP1V2cUAQAAAAAACPfbH1RgA2gFEIs4ugEAADAAJEQAABACMQIBAADw9f+X17xQ' +
    '1nh6FVAFpITpQQAAAGs5UnRA6CCQYpIAAAJ/7/9/hVP07///8t3HTPVC/P//HwCAwFaMFp/7N33v/7WkrwFEGAFdTkoIUCgw4IAQ' +
    'ICQA////T/4BBogKQBYBABULPgEAABCQaUUCAgHhv78CAAAQ1KfRVJ5E3v2HZrFVINSD2DA9gAAAAEzwEcWEb1AAIlB/v8sHACAQ' +
    'hLJFEAZEAAASAhEA8P/9fwUCFokAAAAIABAMAgAAAACDMAIohAAzwAMkAAAAy+Q6RsgU8f//fxYBAYRQB/z//w8BAEAQOAEBHBJA' +
    '4XYWCAMQAAAAAQAAAAAAIiQKQIAAAAA=',
  'base64',
)

const TAG = /^([a-z]{2,3})(?:-[a-z0-9]{2,8})*$/i

export function isLanguageCode(text: string): boolean {
  const code = TAG.exec(text)?.[1]?.toLowerCase()
  if (code === undefined) return false
  if (code.length === 2) return TWO_LETTERS.split(' ').includes(code)
  // Set aside for whoever needs a code of their own.
  if (code >= 'qaa' && code <= 'qtz') return true
  let at = 0
  for (let i = 0; i < code.length; i++) at = at * 26 + code.charCodeAt(i) - 'a'.charCodeAt(0)
  return ((THREE_LETTERS[at >> 3]! >> (at & 7)) & 1) === 1
}
