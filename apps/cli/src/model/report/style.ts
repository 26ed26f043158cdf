/** How a report looks: ink on paper, and the reverse where the reader's screen is dark. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1d2326; --soft: #5f6b70; --line: #d8dedf; --paper: #fff; --tint: 31 111 120; --warn: #9a3b12 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebec; --soft: #9fabaf; --line: #394246; --paper: #161b1d; --tint: 94 190 199; --warn: #f0a37c } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
h1 { font-size: 1.7rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem }
header p, .hint, figcaption, small { color: var(--soft) } .hint, figcaption { font-size: .85rem }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.2rem }
.figures div { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; min-width: 8.2rem }
.figures em { display: block; font-size: .78rem; font-style: normal; color: var(--soft) } b.warning { color: var(--warn) } .figures b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums } .figures small { display: block; font-size: .75rem }
ul { padding-left: 1.2rem } li.warning { color: var(--warn); font-weight: 600 }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem } figure { margin: 0; flex: 1 1 20rem; max-width: 27rem }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif } svg text { fill: var(--soft) } svg .axis { fill: var(--ink) } svg.wide { max-width: 44rem }
svg .grid { stroke: var(--line); stroke-width: 1 } svg .even { stroke: var(--soft); stroke-dasharray: 4 4 } svg .box { fill: none; stroke: var(--line) }
.legend span { margin-right: 1rem; white-space: nowrap } .legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 50%; margin-right: .35rem }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin-top: .6rem }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top } th { font-weight: 600; color: var(--soft) }
.confusion { margin-top: 1rem } .confusion td, .confusion th { padding: .2rem .4rem .2rem 0 }
.cell { display: block; min-width: 4.5rem; text-align: center; padding: .35rem .5rem; border-radius: .3rem; background: rgb(var(--tint) / calc(var(--share) * .55)) }
.cell[data-right] { outline: 1px solid rgb(var(--tint)) }
summary { cursor: pointer; margin-top: 1rem } @media print { body { padding: 0 } section { break-inside: avoid } }
`
