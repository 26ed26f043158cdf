/** Text into HTML and SVG: what came from a table is never markup. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[sign]!)

export const number = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits)

export const percent = (value: number | null): string => (value === null ? '–' : `${(value * 100).toFixed(1)} %`)

/** Rows of cells that are HTML already; the first row is the head. */
export function table(rows: readonly (readonly string[])[], className = ''): string {
  const [head = [], ...body] = rows
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map(cell => `<${tag}>${cell}</${tag}>`).join('')}</tr>`
  return `<table class="${className}"><thead>${line(head, 'th')}</thead><tbody>${body.map(cells => line(cells, 'td')).join('')}</tbody></table>`
}
