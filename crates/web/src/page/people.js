// Whose scans the panels are: a form for the panel that is asked about, and all panels of the paper by patient,
// which are grouped by dragging.

import { thumbnail } from './picture.js';
import { button, element } from './words.js';

const FIELDS = ['age', 'sex', 'time'];
const SIDE = 84;

export class Case {
  constructor(ctx, shown, asked) {
    Object.assign(this, { ctx, shown, asked, patient: asked.patient });
    this.before = [];
    this.picked = new Set();
    this.dragged = null;
  }

  buttons() {
    const { ctx, asked } = this;
    const keeps = this.shown.enter && this.before.length === 0;
    const made = [button('Enter', keeps ? this.shown.enter.replace(/^Enter /, '') : `accept ${this.patient.name}`, () => this.send(false))];
    if (asked.of_picture > 1) made.push(button('A', `all ${asked.of_picture} panels of the picture`, () => this.send(true)));
    if (asked.previous) made.push(button('=', `as before: ${asked.previous}`, () => this.same()));
    made.push(button('e', 'edit', () => this.focus('name')), button('t', 'time', () => this.focus('time')), button('r', 'restart', () => this.restart()));
    if (this.picked.size) made.push(element('button', { type: 'button', text: `chosen ${this.picked.size} are of…`, onclick: () => this.ask([...this.picked]) }));
    return made.map((one) => { one.disabled ||= ctx.busy; return one; });
  }

  show() {
    const { ctx, asked } = this;
    const fields = element('form', { kind: 'fields', onsubmit: (event) => { event.preventDefault(); this.send(false); } });
    for (const name of ['name', ...FIELDS]) {
      const may = name === 'name' || this.patient.fields.includes(name);
      const input = element('input', { id: `patient-${name}`, value: this.patient[name], autocomplete: 'off', spellcheck: 'false', disabled: !may });
      if (name === 'name') input.setAttribute('list', 'patients');
      input.addEventListener('change', () => (name === 'name' ? this.rename(input.value) : this.change({ ...this.patient, [name]: input.value })));
      fields.append(element('label', { for: `patient-${name}`, text: name === 'name' ? 'patient' : name }), input);
    }
    fields.append(element('button', { type: 'submit', hidden: '' }));
    const names = [...new Set(asked.panels.map(({ patient }) => patient).filter(Boolean))];
    const known = element('datalist', { id: 'patients' }, ...names.map((value) => element('option', { value })));
    const hint = 'Drag a panel to the patient whose scan it is; a press chooses several. They keep the times proposed for them.';
    const groups = [...names, this.patient.name].filter((name, at, all) => name && all.indexOf(name) === at);
    const made = [fields, known, element('h3', { text: 'Panels of the paper' }), element('p', { kind: 'hint', text: hint })];
    for (const name of groups) made.push(this.group(name, asked.panels.filter(({ patient }) => patient === name)));
    made.push(this.group('', asked.panels.filter(({ patient }) => !patient)));
    made.push(element('div', { kind: 'group', 'data-patient': '+' }, element('h4', { text: 'another patient…' }), element('div', { kind: 'thumbs' })));
    ctx.asked.replaceChildren(...made);
    const own = asked.panels.filter(({ picture }) => picture.id === this.shown.picture.id).map(({ panel }) => panel);
    const asks = asked.panels.find(({ panel }) => panel.id === asked.panel);
    ctx.boxes.show(own, { chosen: asks?.panel.number ?? null });
  }

  group(name, panels) {
    const thumbs = element('div', { kind: 'thumbs' }, ...panels.map((one) => this.thumb(one)));
    return element('section', { kind: 'group', 'data-patient': name, 'aria-label': name || 'nobody yet' }, element('h4', {}, element('bdi', { text: name || 'nobody yet' })), thumbs);
  }

  thumb({ panel, picture, time, open, patient }) {
    const told = `${picture.told}, panel ${panel.number} ${panel.letter}${time ? `, ${time}` : ''}${patient ? `, of ${patient}` : ''}`;
    const kind = `thumb ${panel.id === this.asked.panel ? 'asked' : ''} ${open ? '' : 'done'}`;
    const made = element('button', { type: 'button', kind, title: told, 'aria-label': told, 'aria-pressed': String(this.picked.has(panel.id)), disabled: !open }, thumbnail({ picture, bounds: panel.bounds }, SIDE));
    made.addEventListener('pointerdown', (event) => this.begin(event, panel.id, made));
    made.addEventListener('click', (event) => { if (event.detail === 0) this.pick(panel.id); });
    return made;
  }

  pick(id) {
    if (!this.picked.delete(id)) this.picked.add(id);
    this.ctx.refresh();
  }

  // A press that does not move chooses; one that moves takes the panel, or all that are chosen, along.
  begin(event, id, thumb) {
    if (event.button !== 0) return;
    const from = [event.clientX, event.clientY];
    let moved = false;
    thumb.setPointerCapture(event.pointerId);
    const over = ({ clientX, clientY }) => document.elementsFromPoint(clientX, clientY).find((e) => e.classList.contains('group'));
    const move = (now) => {
      moved ||= Math.hypot(now.clientX - from[0], now.clientY - from[1]) > 6;
      if (!moved) return;
      thumb.style.transform = `translate(${now.clientX - from[0]}px, ${now.clientY - from[1]}px)`;
      thumb.style.zIndex = 2;
      for (const group of document.querySelectorAll('.group')) group.classList.toggle('over', group === over(now));
    };
    const end = (now) => {
      thumb.removeEventListener('pointermove', move);
      thumb.style.transform = '';
      const group = moved && now.type === 'pointerup' ? over(now) : null;
      for (const one of document.querySelectorAll('.group')) one.classList.remove('over');
      if (!moved) { this.pick(id); return; }
      const ids = this.picked.has(id) ? [...this.picked] : [id];
      const name = group?.dataset.patient;
      if (name === '+') this.ask(ids); else if (name) this.put(ids, name);
    };
    thumb.addEventListener('pointermove', move);
    thumb.addEventListener('pointerup', end, { once: true });
    thumb.addEventListener('pointercancel', end, { once: true });
  }

  put(panels, name) { this.ctx.say({ do: 'group', panels, name }, `${panels.length} panels of ${name}`); }

  ask(panels) {
    this.ctx.type(`Whose scans are these ${panels.length}?`, '', (name) => {
      if (!name) return 'a name is needed';
      this.put(panels, name);
      return '';
    });
  }

  change(patient) {
    this.before.push(this.patient);
    this.patient = patient;
    this.ctx.refresh();
  }

  async rename(name) {
    if (!name || name === this.patient.name) return;
    const reply = await this.ctx.look({ do: 'patient', name });
    if (reply?.refused) this.ctx.refuse(reply.refused);
    else if (reply?.patient) this.change(reply.patient);
  }

  // What stands in the fields, also where one was not left yet.
  async typed() {
    const at = (name) => document.getElementById(`patient-${name}`)?.value ?? this.patient[name];
    const name = at('name');
    if (name && name !== this.patient.name) { await this.rename(name); if (this.patient.name !== name && name !== '=') return null; }
    else if (FIELDS.some((field) => at(field) !== this.patient[field])) this.patient = { ...this.patient, age: at('age'), sex: at('sex'), time: at('time') };
    return this.patient;
  }

  async send(all) {
    const patient = await this.typed();
    if (!patient) return;
    const { name, age, sex, time } = patient;
    this.ctx.say({ do: 'case', name, age, sex, time, all }, name);
  }

  async same() {
    const { previous } = this.asked;
    if (!previous) { this.ctx.refuse('no panel before this one has a patient'); return; }
    const reply = await this.ctx.look({ do: 'patient', name: '=' });
    if (!reply?.patient) return;
    const { name, age, sex, time } = reply.patient;
    this.ctx.say({ do: 'case', name, age, sex, time, all: false }, name);
  }

  restart() { this.change(this.asked.patient); }

  focus(name) {
    const input = document.getElementById(`patient-${name}`);
    input.focus();
    input.select();
  }

  key({ key }) {
    const bounds = this.asked.panels.find(({ panel }) => panel.id === this.asked.panel)?.panel.bounds;
    const keys = { Enter: () => this.send(false), A: () => (this.asked.of_picture > 1 ? this.send(true) : this.ctx.refuse('no other panel of the picture is left: Enter accepts this one')), '=': () => this.same(), e: () => this.focus('name'), t: () => this.focus('time'), r: () => this.restart(), z: () => this.ctx.zoomTo(bounds) };
    if (key === 'u' && this.before.length) { this.patient = this.before.pop(); this.ctx.refresh(); return true; }
    if (!keys[key]) return false;
    keys[key]();
    return true;
  }
}
