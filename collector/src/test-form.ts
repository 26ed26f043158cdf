/** The form of the collector's tests: a household with three properties. For tests only. */
export const householdXml = (version = '1', title = 'Household') => `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head>
    <h:title>${title}</h:title>
    <model entities:entities-version="2024.1.0">
      <instance>
        <data id="household" version="${version}">
          <name/><roof/><people/><remark/>
          <meta><instanceID/><instanceName/><entity dataset="households" id="" create="" update="" baseVersion=""><label/></entity></meta>
        </data>
      </instance>
      <bind nodeset="/data/name" type="string" required="true()" entities:saveto="name"/>
      <bind nodeset="/data/roof" type="string" entities:saveto="roof"/>
      <bind nodeset="/data/people" type="int" entities:saveto="people"/>
      <bind nodeset="/data/remark" type="string"/>
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/entity/@id" type="string" readonly="true()"/>
      <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/name"/>
    </model>
  </h:head>
  <h:body>
    <input ref="/data/name"><label>Name of the head</label></input>
    <input ref="/data/roof"><label>Roof</label></input>
    <input ref="/data/people"><label>People</label></input>
    <input ref="/data/remark"><label>Remark</label></input>
  </h:body>
</h:html>`

/** A farm that names its household as it goes, with a row for each plot: three entities in one. For tests only. */
export const farmXml = () => `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head>
    <h:title>Farm</h:title>
    <model entities:entities-version="2025.1.0">
      <instance>
        <data id="farm" version="1">
          <owner/>
          <plot jr:template=""><crop/><size/><meta><entity dataset="plots" id="" create="" update=""><label/></entity></meta></plot>
          <meta><instanceID/><entity dataset="farms" id="" create="" update=""><label/></entity></meta>
        </data>
      </instance>
      <bind nodeset="/data/owner" type="string" entities:saveto="owner"/>
      <bind nodeset="/data/plot/crop" type="string" entities:saveto="crop"/>
      <bind nodeset="/data/plot/size" type="string" entities:saveto="size"/>
      <bind nodeset="/data/plot/meta/entity/@id" type="string"/>
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/entity/@id" type="string"/>
      <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/owner"/>
    </model>
  </h:head>
  <h:body>
    <input ref="/data/owner"><label>Owner</label></input>
    <repeat nodeset="/data/plot"><input ref="/data/plot/crop"><label>Crop</label></input><input ref="/data/plot/size"><label>Size</label></input></repeat>
  </h:body>
</h:html>`
