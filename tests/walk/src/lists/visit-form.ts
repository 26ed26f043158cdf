/** A follow-up that looks things up in three ways, and in the list of households. For the proofs of this folder. */

export const VISIT = 'visit'
export const ROWS = 10_000

/** Hard to compress by itself, as names and ids are. */
const codeOf = (i: number): string => ((i * 2_654_435_761) % 4_294_967_291).toString(36)
export const villageRow = (i: number): string =>
  `v${i},Village ${codeOf(i)},d${i % 40},${codeOf(i + 7_919)}${codeOf(i * 31)}`

/** `changed` rows have another name. */
export const villagesCsv = (changed: Readonly<Record<number, string>> = {}): string =>
  `name,label,district,code\n${Array.from({ length: ROWS }, (_, i) => changed[i] ?? villageRow(i)).join('\n')}\n`

export const ITEMSETS =
  'list_name,name,label,village\nwells,w1,Well of the first,v0\nwells,w2,Well of the second,v1\nother,x,X,v0\n'

export const visitXml = (version: string): string => `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head>
    <h:title>Visit</h:title>
    <model entities:entities-version="2024.1.0">
      <instance>
        <data id="${VISIT}" version="${version}">
          <household/><was/><roof/><village/><code/><well/>
          <meta><instanceID/><entity dataset="households" id="" update="1" baseVersion=""/></meta>
        </data>
      </instance>
      <instance id="households" src="jr://file-csv/households.csv"/>
      <instance id="villages" src="jr://file-csv/villages.csv"/>
      <bind nodeset="/data/household" type="string" required="true()"/>
      <bind nodeset="/data/was" type="string" calculate="instance('households')/root/item[name = /data/household]/roof"/>
      <bind nodeset="/data/roof" type="string" entities:saveto="roof"/>
      <bind nodeset="/data/village" type="string" required="true()"/>
      <bind nodeset="/data/code" type="string" calculate="pulldata('villages', 'code', 'name', /data/village)"/>
      <bind nodeset="/data/well" type="string"/>
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/entity/@id" type="string" calculate=" /data/household "/>
      <bind nodeset="/data/meta/entity/@baseVersion" type="string" calculate="instance('households')/root/item[name = /data/household]/__version"/>
    </model>
  </h:head>
  <h:body>
    <select1 ref="/data/household"><label>Household</label><itemset nodeset="instance('households')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
    <input ref="/data/roof"><label>Roof</label></input>
    <select1 ref="/data/village"><label>Village</label><itemset nodeset="instance('villages')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
    <input ref="/data/well" query="instance('wells')/root/item[village = /data/village]"><label>Well</label></input>
  </h:body>
</h:html>`
