/** An interview that a model reads, and the visit months later that says how it was. For the proof of this folder. */

export const DWELLING = 'dwelling'
export const VISIT = 'visit'
export const MODEL = 'vulnerability'

export const cardText = '# Vulnerability\n'

/** Two devices outside the staff: the one that lies lower is in ring 1, nobody in ring 2, the other in ring 3. */
export const recipeText = (lower: number, higher: number): string => `name: ${MODEL}
form: ${DWELLING}
outcome: { classes: [coping, vulnerable], positive: vulnerable }
features: all
prior: { baseRate: 0.4, points: { roof: { thatch: 0.5 } } }
ladder: { logisticFrom: 10, treesFrom: 1000 }
triggers: { newOutcomes: 1000, degradation: 'off' }
gate: { minHoldout: 1000 }
rollout: { shares: [${(lower * 2 + higher) / 3}, ${(lower + higher * 2) / 3}, 1], minScores: 1000 }
followUps: { form: ${VISIT}, auditShare: 0.5, perWeek: 50 }
`

const formXml = (id: string, title: string, entity: string, nodes: string, binds: string, body: string) =>
  `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities" xmlns:murram="http://murram.org/xforms">
  <h:head>
    <h:title>${title}</h:title>
    <model entities:entities-version="2024.1.0">
      <instance>
        <data id="${id}" version="1">${nodes}<meta><instanceID/><deprecatedID/>${entity}</meta></data>
      </instance>
      ${binds}
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/entity/@id" type="string"/>
    </model>
  </h:head>
  <h:body>${body}</h:body>
</h:html>`

const select = (name: string, label: string, answers: readonly string[]): string =>
  `<select1 ref="/data/${name}"><label>${label}</label>${answers
    .map(value => `<item><label>${value}</label><value>${value}</value></item>`)
    .join('')}</select1>`

export const dwellingXml: string = formXml(
  DWELLING,
  'Dwelling',
  '<entity dataset="households" id="" create="1"><label/></entity>',
  '<name/><roof/><people/>',
  `<bind nodeset="/data/name" type="string" required="true()" entities:saveto="name"/>
      <bind nodeset="/data/roof" type="string" required="true()" murram:feature="yes"/>
      <bind nodeset="/data/people" type="int" required="true()" murram:feature="yes"/>
      <setvalue event="odk-instance-first-load" type="string" ref="/data/meta/entity/@id" value="uuid()"/>
      <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/name"/>`,
  `<input ref="/data/name"><label>Head</label></input>${select('roof', 'Roof', ['iron', 'thatch'])}
    <input ref="/data/people"><label>People</label></input>`,
)

export const visitXml: string = formXml(
  VISIT,
  'Visit after a season',
  '<entity dataset="households" id="" update="1" baseVersion=""/>',
  '<now/>',
  '<bind nodeset="/data/now" type="string" required="true()" murram:outcome="yes"/>',
  select('now', 'How do they cope?', ['coping', 'vulnerable']),
)
