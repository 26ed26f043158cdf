/** A small household form with an entity, a repeat and a sealed question. For tests only. */
import { unwrap } from '@murram/ground'
import { compileXform, type Form } from '@murram/xform'

export const TEST_FORM_ID = 'household'

export const testFormXml = (version = '1'): string => `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:jr="http://openrosa.org/javarosa" xmlns:entities="http://www.opendatakit.org/xforms/entities"
  xmlns:murram="http://murram.org/xforms">
  <h:head>
    <h:title>Household visit</h:title>
    <model entities:entities-version="2024.1.0">
      <instance>
        <data id="${TEST_FORM_ID}" version="${version}">
          <name/><roof/><members/><comment/><phone/>
          <roster jr:template=""><person/></roster>
          <meta>
            <instanceID/><deprecatedID/>
            <entity dataset="households" id="" create="1"><label/></entity>
          </meta>
        </data>
      </instance>
      <bind nodeset="/data/name" type="string" required="true()" entities:saveto="name"/>
      <bind nodeset="/data/roof" type="string" required="true()" entities:saveto="roof" murram:feature="yes"/>
      <bind nodeset="/data/members" type="int" constraint=". &gt; 0 and . &lt; 40"
        jr:constraintMsg="Between 1 and 39" entities:saveto="members" murram:feature="yes"/>
      <bind nodeset="/data/comment" type="string"/>
      <bind nodeset="/data/phone" type="string" murram:sensitive="sealed"/>
      <bind nodeset="/data/roster/person" type="string"/>
      <bind nodeset="/data/meta/entity/@id" type="string"/>
      <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/name"/>
      <setvalue event="odk-instance-first-load" ref="/data/meta/entity/@id" value="uuid()"/>
    </model>
  </h:head>
  <h:body>
    <input ref="/data/name"><label>Name of the head</label></input>
    <select1 ref="/data/roof"><label>Roof</label>
      <item><label>Iron sheets</label><value>iron</value></item>
      <item><label>Tiles</label><value>tile</value></item>
      <item><label>Thatch</label><value>thatch</value></item>
    </select1>
    <input ref="/data/members"><label>People in the household</label></input>
    <input ref="/data/comment"><label>Anything else</label></input>
    <input ref="/data/phone"><label>Phone</label></input>
    <group ref="/data/roster"><label>Roster</label><repeat nodeset="/data/roster">
      <input ref="/data/roster/person"><label>Person</label></input>
    </repeat></group>
  </h:body>
</h:html>`

export const testForm = (version?: string): Form => unwrap(compileXform(testFormXml(version)))
