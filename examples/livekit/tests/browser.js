// As much of a browser, and of livekit-client, as the recording page uses. Time moves by `pass(ms)`.
"use strict";
const log = [];
const console = {log: (text) => log.push(text)};
let now = 0;
class Date {
  static now() { return now; }
  constructor(at) { this.at = at; }
  toISOString() { return `1970-01-01T00:${String(Math.floor(this.at / 60000)).padStart(2, "0")}:00Z`; }
}
const timers = [];
function setInterval(run, every) { timers.push({run, every, due: now + every}); return timers.length - 1; }
function clearInterval(index) { timers[index] = null; }
function next(until) {
  const due = timers.filter((timer) => timer && timer.due <= until).sort((one, other) => one.due - other.due)[0];
  if (!due) { now = until; return false; }
  now = due.due;
  due.due += due.every;
  due.run();
  return true;
}

class Element {
  constructor(tag) {
    Object.assign(this, {tag, style: {}, children: [], parent: null, className: "", innerText: ""});
  }
  appendChild(child) {
    if (child.parent) child.parent.children = child.parent.children.filter((other) => other !== child);
    this.children.push(child);
    child.parent = this;
    if (child.tag === "script") { scripts.push(child.src); child.onload(); }
    return child;
  }
  replaceChildren(...children) {
    for (const child of this.children) child.parent = null;
    this.children = [];
    for (const child of children) this.appendChild(child);
  }
  remove() { if (this.parent) this.parent.replaceChildren(...this.parent.children.filter((other) => other !== this)); }
  get isConnected() { return this.parent !== null; }
  play() { return Promise.resolve(); }
}
const scripts = [];
const elements = {canvas: new Element("div"), sounds: new Element("div")};
const document = {
  head: new Element("head"), body: new Element("body"),
  getElementById: (id) => elements[id], createElement: (tag) => new Element(tag),
};
const window = {innerWidth: 640, innerHeight: 360, addEventListener: () => undefined};
class URLSearchParams {
  constructor(text) { this.given = JSON.parse(text); }
  get(name) { return this.given[name] === undefined ? null : this.given[name]; }
}

const rooms = [];
const LivekitClient = {
  Track: {Source: {Camera: "camera", Microphone: "microphone", ScreenShare: "screen_share"}},
  RoomEvent: new Proxy({}, {get: (_, name) => name}),
  Room: class {
    constructor(options) {
      Object.assign(this, {options, handlers: {}, remoteParticipants: new Map(), localParticipant: {metadata: ""}});
      rooms.push(this);
    }
    on(event, handler) { (this.handlers[event] = this.handlers[event] || []).push(handler); }
    emit(event, ...told) { for (const handler of this.handlers[event] || []) handler(...told); }
    connect(url, token, options) { Object.assign(this, {url, token, connected: options}); return Promise.resolve(); }
  },
};

function join(identity, joinedAt, sources = ["camera", "microphone"], kind = 0) {
  const room = rooms[0];
  const publications = sources.map((source) => {
    const audio = source === "microphone";
    const made = {source, kind: audio ? "audio" : "video", isDesired: false, isSubscribed: false, isMuted: false};
    const element = new Element(audio ? "audio" : "video");
    element.of = `${identity}/${source}`;
    made.track = {
      kind: made.kind, attach: () => element, detach: () => [element],
      getRTCStatsReport: () => Promise.resolve(new Map([["a", {type: "inbound-rtp", framesDecoded: 1}]])),
    };
    made.setSubscribed = (wanted) => {
      made.isDesired = made.isSubscribed = wanted;
      if (!audio) made.videoTrack = wanted ? made.track : undefined;
      room.emit(wanted ? "TrackSubscribed" : "TrackUnsubscribed", made.track);
    };
    return [source, made];
  });
  const person = {identity, sid: `PA_${identity}`, joinedAt, kind, trackPublications: new Map(publications)};
  room.remoteParticipants.set(identity, person);
  room.emit("ParticipantConnected", person);
  return person;
}
function mute(identity, source, isMuted = true) {
  rooms[0].remoteParticipants.get(identity).trackPublications.get(source).isMuted = isMuted;
  rooms[0].emit("TrackMuted");
}
function speak(...identities) {
  const of = (identity) => rooms[0].remoteParticipants.get(identity) || rooms[0].localParticipant;
  rooms[0].emit("ActiveSpeakersChanged", identities.map(of));
}
function tell(layout) {
  rooms[0].localParticipant.metadata = JSON.stringify({layout});
  rooms[0].emit("ParticipantMetadataChanged", "", rooms[0].localParticipant);
}
function seen() {
  return elements.canvas.children.map((shown) => [
    shown.children.length ? shown.children[0].of || shown.children[0].src : shown.src,
    ...["left", "top", "width", "height"].map((side) => parseInt(shown.style[side], 10)),
  ]);
}
function heard() { return elements.sounds.children.map((sound) => sound.of); }
