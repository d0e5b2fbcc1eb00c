// The page: what is asked, the keys of the terminal, and what came of an answer.

import { Boxes } from './boxes.js';
import { Picture } from './picture.js';
import { stageOf } from './stages.js';
import { Refused, answer, enter, isWaiting, look, settle, view as ask } from './talk.js';
import { Texts, element } from './words.js';

// What fails in the page is told there, and to tests.
const broken = [];
window.__broken = broken;
addEventListener('error', ({ message }) => { broken.push(message); say(`the page failed: ${message}; load it again`, true); });
addEventListener('unhandledrejection', ({ reason }) => { broken.push(String(reason)); say(`the page failed: ${reason}; load it again`, true); });
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => broken.push(`${violatedDirective} ${blockedURI}`));

const at = (id) => document.getElementById(id);
// Keys so soon after a new question were meant for the one before.
const SETTLE = 150;

const KEYS = `Everywhere
s  skip: asked again next time
u  undo the last edit of what is asked, with none left the last decision, sheet or skip; again goes further back
#  a note, kept with the next decision on this picture; f: the same, as a flag
[ ] { } \\  level, window, as it is stored; i inverts
z  enlarge the picture, or the chosen panel; the wheel and two fingers, too
p  the figure as printed, beside the picture; o: the picture alone
H  everything that was decided about the picture
Space  begin the next stage, once it is announced
What is asked again shows what is in force; Enter leaves it as it is.
Tab and Enter are keys of the question as long as no button or field has the focus; Escape gives it back.

A question: the keys of its answers stand beside them, and what they mean when the mouse rests there
Which pictures are wanted: b: a sheet of ten. Digits mark, Enter takes the others as not wanted, n takes none
What they show: after the answer Enter takes the words, Tab others, e edits them, or drag over words; 1…99 Tab 0: one panel, the next, all; k crops first
Crop: Enter accepts; w whole; Tab or digits choose; arrows (h j k l) move edges, with Shift by ten; e the other edges; d drop; m merge; x split; + add; = replace; g G letters; c clear; r R restart; : any command, such as grid 3x4. With the mouse: drag to draw, drag a chosen box or its edges to move them (Alt: without snapping), Shift chooses several, double press enlarges
Case: Enter accept; A all panels of the picture; = as before; e t edit; r restart; or drag panels to a patient
Adjudicate: digits or Tab choose a reading; Enter takes it; a: another answer

Everything decided is saved when the foot of the page says so. To stop, close the page.
`;

const picture = new Picture({ frame: at('frame'), plane: at('plane'), image: at('picture'), tone: at('tone'), level: at('level'), window: at('window'), invert: at('invert') });
const boxes = new Boxes(at('boxes'), picture);
const texts = new Texts(at('texts'), (source, words) => stage?.words?.(source, words));

let view = null;
let stage = null;
let note = '';
let ready = 0;
let before = null;
let carrying = null;
let ahead = [];

const ctx = {
  boxes, texts, busy: false, asked: at('asked'), sheet: at('sheet'),
  tell(text) { say(text, false); },
  refuse(text) { say(text, true); },
  refresh: () => draw(),
  zoomTo: (bounds) => { if (bounds && picture.fitted) picture.fit(bounds); else picture.fit(); },
  // The panel to go on with after one of a picture is answered.
  carry(image, panel) { carrying = { image, panel }; },
  carried(image) { return carrying?.image === image ? carrying.panel : null; },
  type, look: lookAt, say: send,
};

function say(text, refused) {
  at('message').textContent = text;
  at('message').classList.toggle('refused', refused);
}

function trouble(text) {
  at('trouble').hidden = !text;
  at('trouble').textContent = text;
}

async function lookAt(action) {
  try {
    return took(await look(view, action, trouble));
  } catch (error) {
    return failed(error);
  }
}

// What came instead of what was looked for: something else is asked by now.
function took(reply) {
  if (!reply.view) return reply;
  show(reply.view);
  say(reply.refused || reply.told, Boolean(reply.refused));
  return null;
}

function failed(error) {
  if (!(error instanceof Refused)) throw error;
  ctx.refuse(error.message);
  return null;
}

async function send(action, told) {
  if (ctx.busy || !view) return;
  ctx.busy = true;
  at('main').setAttribute('aria-busy', 'true');
  try {
    const reply = await answer(view, action, note, trouble, told);
    ctx.busy = false;
    if (reply.doubts.length) { doubt(reply.doubts); return; }
    if (reply.view) { note = ''; show(reply.view); }
    if (reply.refused || reply.told) say(reply.refused || reply.told, Boolean(reply.refused));
  } catch (error) {
    failed(error);
  } finally {
    ctx.busy = false;
    at('main').removeAttribute('aria-busy');
    if (stage) draw();
  }
}

function show(next) {
  const fresh = !view || view.key !== next.key || view.basis !== next.basis;
  const stageBefore = before;
  view = next;
  before = next.stage ?? before;
  at('question').textContent = next.question;
  at('stage').textContent = next.stage ?? '';
  document.title = next.stage ? `${next.stage}: covid-ct label` : 'covid-ct label';
  at('bar').value = next.total ? next.done / next.total : 0;
  at('count').textContent = next.total ? `${Math.min(next.done + 1, next.total)} of ${next.total}, ${next.decided} by ${next.curator} now` : '';
  at('main').hidden = !next.shown;
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
  if (!next.shown) {
    stage = null;
    say(next.told.join(' '), false);
    setTimeout(() => { if (view === next) load(); }, 15000);
    return;
  }
  if (next.told.length) say(next.told.join(' '), false);
  const { shown } = next;
  const isSheet = shown.asked.kind === 'sheet';
  at('frames').hidden = isSheet;
  at('tools').hidden = isSheet;
  at('place').hidden = isSheet;
  at('sheet').hidden = !isSheet;
  if (carrying?.image !== shown.picture.id) carrying = null;
  if (!isSheet) picture.show(shown.picture);
  at('place').textContent = `${shown.picture.told}, ${shown.picture.width} x ${shown.picture.height} pixels`;
  at('alone').href = `/picture/${shown.picture.id}`;
  at('printed').hidden = !shown.more_printed;
  hidePrinted();
  at('earlier').replaceChildren(...shown.earlier.map(([title, told]) => element('p', {}, element('strong', { text: `${title}: ` }), told)));
  at('texts').hidden = isSheet;
  if (!isSheet) texts.show(shown);
  stage = stageOf(ctx, next);
  draw();
  if (fresh) {
    ready = performance.now() + SETTLE;
    at('side').scrollTop = 0;
    document.activeElement?.blur?.();
    ahead = next.ahead.map((id) => { const image = new Image(); image.src = `/picture/${id}`; return image; });
  }
  if (stageBefore && next.stage !== stageBefore) announce(next);
}

function draw() {
  if (!stage) return;
  const focused = document.activeElement?.id;
  stage.show();
  at('answers').replaceChildren(...stage.buttons());
  if (focused && focused !== document.activeElement?.id) at(focused)?.focus();
}

// Nothing that answers a question begins a stage: whoever is in the rhythm of the one before would run into it.
function announce(next) {
  at('announced-title').textContent = `now: ${next.stage}`;
  at('announced-told').textContent = `${next.question} ${next.total - next.done} left.`;
  at('announced').showModal();
}

function doubt(doubts) {
  at('doubts-told').replaceChildren(...doubts.map((text) => element('li', { text })));
  at('doubts').showModal();
}

// A line to type; `take` gives why it cannot be taken.
function type(title, begun, take) {
  at('typing-title').textContent = title;
  at('typed').value = begun;
  at('typing-wrong').textContent = '';
  at('typing').showModal();
  at('typed').focus();
  at('typed').setSelectionRange(begun.length, begun.length);
  at('typing-form').onsubmit = (event) => {
    event.preventDefault();
    const wrong = take(at('typed').value.trim());
    at('typing-wrong').textContent = wrong;
    if (!wrong) at('typing').close();
  };
}

function tellAll(title, text) {
  at('told-title').textContent = title;
  at('told-text').textContent = text;
  at('told').showModal();
}

async function help() {
  const guideline = await (await fetch('/guideline.txt')).text();
  tellAll('Keys and guideline', `${KEYS}\n${guideline}`);
}

async function history() {
  const reply = await lookAt({ do: 'history' });
  if (reply?.history) tellAll('History of the picture', reply.history.join('\n') || 'Nothing was decided about it yet.');
}

function typeNote(begun) {
  type('A note, kept with the next decision on this picture', begun + note, (text) => {
    note = text;
    if (text) ctx.tell('noted, for the next decision on this picture');
    return '';
  });
}

function hidePrinted() {
  at('beside').hidden = true;
  at('printed').setAttribute('aria-pressed', 'false');
}

function showPrinted() {
  if (!view.shown.more_printed) { ctx.refuse('the picture shows all that is printed of the figure'); return; }
  if (!at('beside').hidden) { hidePrinted(); return; }
  const image = at('as-printed');
  image.onerror = () => { hidePrinted(); ctx.refuse('the figure cannot be drawn as printed'); };
  image.src = `/printed/${view.shown.picture.id}`;
  at('beside').hidden = false;
  at('printed').setAttribute('aria-pressed', 'true');
}

const undo = () => send({ do: 'undo' }, 'undo');
const skip = () => send({ do: 'skip' }, 'skip');

function commonKey({ key }) {
  const keys = {
    '?': help, u: undo, s: skip, '#': () => typeNote(''), f: () => typeNote('flag: '), H: history, p: showPrinted,
    o: () => at('alone').click(), i: () => picture.turn(), '\\': () => picture.asStored(),
    ']': () => ctx.tell(picture.shift(8, 0)), '[': () => ctx.tell(picture.shift(-8, 0)),
    '}': () => ctx.tell(picture.shift(0, -16)), '{': () => ctx.tell(picture.shift(0, 16)),
    z: () => (picture.fitted || picture.scale < 4 ? picture.zoom(2) : picture.fit()),
    q: () => ctx.tell('everything decided is saved: close the page'),
    PageDown: () => at('side').scrollBy(0, 200), PageUp: () => at('side').scrollBy(0, -200),
  };
  if (picture.scale && !picture.fitted) {
    Object.assign(keys, { ArrowLeft: () => picture.pan(60, 0), ArrowRight: () => picture.pan(-60, 0), ArrowUp: () => picture.pan(0, 60), ArrowDown: () => picture.pan(0, -60) });
  }
  if (!keys[key]) return false;
  keys[key]();
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const now = performance.now();
  if (at('announced').open) {
    if (event.key === ' ') { event.preventDefault(); begin(); } else if (event.key === 'u') { at('announced').close(); undo(); } else if (event.key !== 'Tab') event.preventDefault();
    return;
  }
  if (at('doubts').open) {
    if (event.key === 'y') { event.preventDefault(); certain(); } else if (event.key.length === 1) at('doubts').close();
    return;
  }
  if (document.querySelector('dialog[open]')) return;
  const { target } = event;
  const types = target.matches?.('input:not([type=range]), textarea, select');
  if (event.key === 'Escape' && target !== document.body) target.blur?.();
  if (types || !stage) { if (!stage && event.key === 'u') undo(); if (!stage && event.key === '?') help(); return; }
  // Buttons and links keep the keys by which they are pressed and passed.
  const presses = target.matches?.('button, a, summary, input');
  if (presses && ['Enter', ' ', 'Tab'].includes(event.key)) return;
  if (event.key === 'Tab' && !wantsTab()) return;
  if (event.key === 'Escape' && target !== document.body) return;
  if (now < ready) { ready = now + SETTLE; event.preventDefault(); return; }
  if (stage.key(event) || commonKey(event)) event.preventDefault();
  else if (event.key.length === 1 && event.key !== ' ') ctx.refuse(`${event.key} is no answer here; ? explains`);
}

// Where nothing of the page has the focus, Tab is a key of the question.
const wantsTab = () => document.activeElement === document.body || document.activeElement === at('frame');

function begin() {
  at('announced').close();
  ready = performance.now() + SETTLE;
}

function certain() {
  at('doubts').close();
  stage?.certain();
}

async function load() {
  try {
    const token = location.hash.slice(1);
    if (token) {
      await enter(token);
      // A link is not left where others see it.
      history_replace();
    }
    const kept = await settle(trouble).catch(failed);
    show(await ask(trouble));
    if (kept?.reply) say(`from before the page was loaded: ${kept.told}: ${kept.reply.refused || kept.reply.told || kept.reply.doubts.join(' ')}`, Boolean(kept.reply.refused));
  } catch (error) {
    at('question').textContent = 'This page needs a link';
    failed(error);
  }
}

function history_replace() { window.history.replaceState(null, '', '/'); }

const presses = {
  undo, skip, note: () => typeNote(''), log: history, help, begin, certain, printed: showPrinted,
  uncertain: () => at('doubts').close(), 'typing-back': () => at('typing').close(), 'told-back': () => at('told').close(),
  smaller: () => picture.zoom(1 / 1.5), larger: () => picture.zoom(1.5), fit: () => picture.fit(), native: () => picture.native(),
  invert: () => picture.turn(), reset: () => picture.asStored(),
};
for (const [id, press] of Object.entries(presses)) at(id).addEventListener('click', () => press());
at('frame').addEventListener('dblclick', () => ctx.zoomTo(boxes.panels.find(({ number }) => number === boxes.chosen)?.bounds ?? null));
document.addEventListener('keydown', onKey);
addEventListener('beforeunload', (event) => { if (isWaiting()) event.preventDefault(); });
load();
