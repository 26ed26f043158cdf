/** A form that asks for a photo, a recording, any file, and a photo a row. For tests only. */
import { unwrap } from '@murram/ground'
import { compileXform, type Form } from '@murram/xform'

export const PHOTO_FORM_ID = 'photos'

const photoFormXml = `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
  xmlns:orx="http://openrosa.org/xforms">
  <h:head>
    <h:title>Photos</h:title>
    <model>
      <instance>
        <data id="${PHOTO_FORM_ID}" version="1">
          <name/><house/><voice/><paper/><asked/>
          <room jr:template=""><view/></room>
          <meta><instanceID/></meta>
        </data>
      </instance>
      <bind nodeset="/data/name" type="string"/>
      <bind nodeset="/data/house" type="binary" orx:max-pixels="1024" relevant="/data/asked != 'no'"/>
      <bind nodeset="/data/voice" type="binary"/>
      <bind nodeset="/data/paper" type="binary"/>
      <bind nodeset="/data/asked" type="string"/>
      <bind nodeset="/data/room/view" type="binary"/>
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
    </model>
  </h:head>
  <h:body>
    <input ref="/data/name"><label>Name of the head</label></input>
    <input ref="/data/asked"><label>Asked</label></input>
    <upload ref="/data/house" mediatype="image/*"><label>The house</label></upload>
    <upload ref="/data/voice" mediatype="audio/*"><label>Consent, spoken</label></upload>
    <upload ref="/data/paper" mediatype="application/*"><label>Any paper</label></upload>
    <group ref="/data/room"><label>Room</label><repeat nodeset="/data/room">
      <upload ref="/data/room/view" mediatype="image/*"><label>The room</label></upload>
    </repeat></group>
  </h:body>
</h:html>`

export const photoForm = (): Form => unwrap(compileXform(photoFormXml))
