/**
 * Dictionary 1: what stanzas between servers are made of, so that already the first of a connection compresses
 * (RFC 1950 §2.2). It never changes: another one would be another value of the agreement's `compression`.
 * docs/x2x-profile.md has the same lines. What is most usual comes last, where references to it are shortest.
 */
export const dictionary: string = [
  `<stream:error><policy-violation xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>`,
  `<vCard xmlns="vcard-temp"><query xmlns="jabber:iq:last" seconds="<time xmlns="urn:xmpp:time"><tzo><utc>`,
  `<query xmlns="jabber:iq:version"><name></name><version></version><os></os></query>`,
  `<x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE" type="hidden"><value></value></field></x>`,
  `<query xmlns="urn:xmpp:mam:2"<fin xmlns="urn:xmpp:mam:2" complete="true"><set xmlns="http://jabber.org/protocol/rsm">`,
  `<slot xmlns="urn:xmpp:http:upload:0"><put url="https://<get url="https://"/></slot>`,
  `<jingle xmlns="urn:xmpp:jingle:1" action="session-initiate" sid="`,
  `<wavelet-update xmlns="http://waveprotocol.org/protocol/0.2/waveserver" wavelet-name="wave://`,
  `<applied-delta></applied-delta></wavelet-update>`,
  `<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="wavelet"><item></item></publish></pubsub>`,
  `<event xmlns="http://jabber.org/protocol/pubsub#event"><items node="urn:xmpp:avatar:metadata"><item id="`,
  `<query xmlns="http://jabber.org/protocol/disco#items"><item jid="" name="" node="`,
  `<query xmlns="http://jabber.org/protocol/disco#info"><identity category="server" type="im" name="`,
  `"/><feature var="http://jabber.org/protocol/"/><feature var="urn:xmpp:`,
  `<encrypted xmlns="eu.siacs.conversations.axolotl"><header sid="<key rid="" prekey="true"></key><iv></iv></header>`,
  `<payload></payload></encrypted><encryption xmlns="urn:xmpp:eme:0" namespace="eu.siacs.conversations.axolotl" name="OMEMO"/>`,
  `<error type="cancel"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><feature-not-implemented`,
  `<item-not-found<remote-server-not-found<not-allowed<error type="wait"><remote-server-timeout<resource-constraint`,
  `<error type="modify"><not-acceptable<bad-request<jid-malformed<error type="auth"><forbidden<registration-required`,
  `<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"></text></error></message></presence></iq>`,
  `<x xmlns="http://jabber.org/protocol/muc"><history maxstanzas="20"/></x><subject></subject><thread></thread>`,
  `<x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="none" role="participant" jid="`,
  `"/><status code="110"/></x><invite from=""><reason></reason></invite>`,
  `<x xmlns="vcard-temp:x:update"><photo></photo></x><c xmlns="http://jabber.org/protocol/caps" hash="sha-1"`,
  ` node="https://" ver="="/><priority>5</priority><status></status><show>dnd</show><show>xa</show><show>away</show></presence>`,
  `<presence type="unavailable" id="<presence type="subscribe" <presence type="subscribed"<presence type="unsubscribed"`,
  `<presence type="probe" from="<presence id="<presence from="`,
  `<delay xmlns="urn:xmpp:delay" stamp="202<idle xmlns="urn:xmpp:idle:1" since="202`,
  `<occupant-id xmlns="urn:xmpp:occupant-id:0" id="<replace xmlns="urn:xmpp:message-correct:0" id="`,
  `<reply xmlns="urn:xmpp:reply:0" to="<reactions xmlns="urn:xmpp:reactions:0" id="<reaction>`,
  `<x xmlns="jabber:x:oob"><url>https://</url></x><html xmlns="http://jabber.org/protocol/xhtml-im">`,
  `<stanza-id xmlns="urn:xmpp:sid:0" by="<received xmlns="urn:xmpp:receipts" id="`,
  `<displayed xmlns="urn:xmpp:chat-markers:0" id="<no-store xmlns="urn:xmpp:hints"/><store xmlns="urn:xmpp:hints"/>`,
  `<paused xmlns="http://jabber.org/protocol/chatstates"/><composing xmlns="http://jabber.org/protocol/chatstates"/></message>`,
  `<iq type="set" id="<iq type="error" id="<iq type="result" id="<iq type="get" id="`,
  `"><ping xmlns="urn:xmpp:ping"/></iq>`,
  `<message type="error" id="<message type="groupchat" id="<message xml:lang="en" type="chat" id="`,
  `" from="" to="`,
  `"><body></body><active xmlns="http://jabber.org/protocol/chatstates"/><request xmlns="urn:xmpp:receipts"/>`,
  `<markable xmlns="urn:xmpp:chat-markers:0"/><origin-id xmlns="urn:xmpp:sid:0" id="`,
  `"/></message>`,
].join("");

/** Adler-32 of the dictionary (RFC 1950 §9): how a stream says which one it was compressed with. */
export const dictionaryId = 0x5d7e2db3;
