// What each stage asks, with the keys of the terminal. A stage has show(), buttons(), key(event) and shown boxes.

import { Case } from './people.js';
import { button, element } from './words.js';

const STRIDE = 10;

export function stageOf(ctx, view) {
  const { asked } = view.shown;
  const kinds = { select: Select, sheet: Sheet, classify: Classify, crop: Crop, case: Case, dispute: Dispute };
  return new kinds[asked.kind](ctx, view.shown, asked);
}

class Select {
  constructor(ctx, shown, asked) { Object.assign(this, { ctx, shown, asked }); }

  buttons() {
    const { ctx } = this;
    const say = (value, label) => () => ctx.say({ do: 'select', value }, label);
    const made = this.asked.answers.map(({ key, word, label, help }) => button(key, label, say(word, label), { title: help }));
    if (this.shown.enter) made.unshift(button('Enter', this.shown.enter.replace(/^Enter /, ''), () => ctx.say({ do: 'keep' }, 'as it was')));
    if (this.asked.sheet) made.push(button('b', 'sheet of ten', () => ctx.say({ do: 'batch', on: true }, 'sheets')));
    return made;
  }

  show() { this.ctx.boxes.show([]); }

  key({ key }) {
    const found = this.asked.answers.find((answer) => answer.key === key);
    if (found) this.ctx.say({ do: 'select', value: found.word }, found.label);
    else if (key === 'b' && this.asked.sheet) this.ctx.say({ do: 'batch', on: true }, 'sheets');
    else if (key === 'Enter' && this.shown.enter) this.ctx.say({ do: 'keep' }, 'as it was');
    else return false;
    return true;
  }
}

class Sheet {
  constructor(ctx, shown, { tiles, marking }) {
    Object.assign(this, { ctx, tiles, marking });
    this.marked = new Set(tiles.filter((tile) => tile.marked).map((tile) => tile.picture.id));
    this.turns = [];
  }

  buttons() {
    const { marked, others, one } = this.marking;
    return [
      button('Enter', `marked: ${marked}, others: ${others}`, () => this.send()),
      button('n', `none is ${one}`, () => this.none()),
      button('b', 'one by one', () => this.ctx.say({ do: 'batch', on: false }, 'one by one')),
    ];
  }

  show() {
    const { sheet } = this.ctx;
    sheet.replaceChildren(...this.tiles.map((tile, index) => {
      const { id, width, height, told } = tile.picture;
      const is = this.marked.has(id);
      const image = element('img', { src: `/picture/${id}`, alt: `${told}, ${width} x ${height}`, loading: 'eager' });
      const said = this.turns.includes(index) ? '' : tile.said;
      const word = is ? this.marking.marked : said || this.marking.others;
      const made = button(String((index + 1) % 10), word, () => this.turn(index), { 'aria-pressed': String(is) });
      made.append(image, element('span', { kind: 'caption', text: tile.caption }));
      return element('li', {}, made);
    }));
    this.ctx.asked.replaceChildren(element('p', { text: `Which of these ${this.tiles.length} are ${this.marking.many}? ${this.marked.size} marked` }));
  }

  turn(index) {
    const { id } = this.tiles[index].picture;
    if (!this.marked.delete(id)) this.marked.add(id);
    this.turns.push(index);
    this.show();
  }

  none() {
    if (this.marked.size) this.ctx.refuse(`some are marked as ${this.marking.marked}: Enter takes the others as ${this.marking.others}, digits unmark`);
    else this.send();
  }

  send() {
    const turned = this.tiles.filter((_, at) => this.turns.filter((turn) => turn === at).length % 2 === 1);
    const images = this.tiles.map(({ picture }) => picture.id);
    const action = { do: 'sheet', images, marked: images.filter((id) => this.marked.has(id)), turned: turned.map(({ picture }) => picture.id) };
    this.ctx.say(action, 'a sheet');
  }

  key({ key }) {
    if (/^[0-9]$/.test(key)) {
      const index = (Number(key) + 9) % 10;
      if (index < this.tiles.length) this.turn(index); else this.ctx.refuse(`there is no picture ${key}`);
    } else if (key === 'Enter') this.send();
    else if (key === 'n') this.none();
    else if (key === 'b' || key === 'Escape') this.ctx.say({ do: 'batch', on: false }, 'one by one');
    else if (key === 'u' && this.turns.length) {
      const last = this.turns.at(-1);
      this.turn(last);
      this.turns.splice(-2, 2);
      this.show();
    } else return false;
    return true;
  }
}

class Classify {
  constructor(ctx, shown, asked) {
    Object.assign(this, { ctx, shown, asked });
    this.panel = asked.first ?? ctx.carried?.(shown.picture.id) ?? null;
    if (this.panel !== null && this.panel >= asked.panels.length) this.panel = null;
    this.grounds = null;
    this.dragged = null;
    this.digits = '';
  }

  buttons() {
    const made = this.asked.answers.map(({ key, word, label, help }) => {
      const chosen = this.grounds?.value === word ? 'chosen' : null;
      return button(key, label, () => this.choose(word), { kind: chosen, title: help, 'aria-pressed': String(Boolean(chosen)) });
    });
    if (this.grounds) {
      made.push(button('Enter', 'take these words', () => this.send()), button('Tab', 'other words', () => this.next(1)), button('e', 'edit them', () => this.edit()), button('Esc', 'back', () => this.back()));
    } else {
      if (this.shown.enter) made.unshift(button('Enter', this.shown.enter.replace(/^Enter /, ''), () => this.ctx.say({ do: 'keep' }, 'as it was')));
      if (this.asked.can_crop) made.push(button('k', 'crop first', () => this.ctx.say({ do: 'crop-first' }, 'crop first')));
    }
    return made;
  }

  show() {
    const { ctx, asked } = this;
    const children = [];
    if (asked.panels.length > 1) {
      const chips = element('div', { kind: 'row', role: 'group', 'aria-label': 'What the answer is of' });
      const chip = (key, label, panel) => button(key, label, () => this.of(panel), { 'aria-pressed': String(this.panel === panel) });
      chips.append(chip('0', 'whole picture', null));
      asked.panels.forEach((panel, index) => chips.append(chip(String(index + 1), `panel ${panel.letter}`, index)));
      children.push(chips);
    }
    if (this.grounds) {
      const { quotes, at } = this.grounds;
      const quote = quotes[at];
      children.push(element('p', { text: `By which words? Quote ${at + 1} of ${quotes.length}` }), element('q', { kind: 'quote', 'aria-live': 'polite', text: quote.span || quote.typed }), element('p', { kind: 'hint', text: `from the ${quote.source ?? 'picture'}; drag over other words of the texts to take those` }));
      ctx.texts.mark(quote.span);
    } else {
      if (this.dragged) children.push(element('p', { kind: 'hint', text: 'These words are taken with the answer:' }), element('q', { kind: 'quote', text: this.dragged.span }));
      ctx.texts.mark(this.dragged?.span ?? '');
    }
    ctx.asked.replaceChildren(...children);
    const boxes = asked.panels.length > 1 ? asked.panels : asked.about ? [asked.about] : [];
    const chosen = this.panel === null ? null : asked.panels[this.panel].number;
    ctx.boxes.show(boxes, { chosen, choose: (number) => this.of(asked.panels.findIndex((p) => p.number === number)) });
  }

  of(panel) {
    this.panel = panel;
    this.grounds = null;
    this.ctx.refresh();
  }

  whole() { return this.asked.about?.id ?? null; }

  id() { return this.panel === null ? this.whole() : this.asked.panels[this.panel].id; }

  choose(value) {
    if (!this.asked.by_words) { this.answer(value, ''); return; }
    const of = (panel) => this.asked.quotes.find((quotes) => quotes.panel === panel && quotes.answer === value);
    const quotes = [...(of(this.id()) ?? of(this.whole())).quotes];
    if (this.dragged) quotes.unshift(this.dragged);
    this.grounds = { value, quotes, at: 0 };
    this.ctx.refresh();
  }

  // Words that were dragged over, now or before the answer was given.
  words(source, span) {
    if (!this.asked.by_words) return;
    this.dragged = { typed: `${source} ${span}`, source, span };
    if (this.grounds) { this.grounds.quotes.unshift(this.dragged); this.grounds.at = 0; }
    this.ctx.refresh();
  }

  next(step) {
    const { quotes, at } = this.grounds;
    this.grounds.at = (at + step + quotes.length) % quotes.length;
    this.ctx.refresh();
  }

  back() { this.grounds = null; this.ctx.refresh(); }

  edit() {
    const quote = this.grounds.quotes[this.grounds.at];
    this.ctx.type('The words it rests on: caption WORDS, mention N WORDS, abstract WORDS, image WORDS', quote.typed, (typed) => {
      const [source] = typed.split(' ');
      this.grounds.quotes.unshift({ typed, source, span: typed.replace(/^\S+\s*(\d+\s+)?/, '') });
      this.grounds.at = 0;
      this.ctx.refresh();
      return '';
    });
  }

  send() {
    const { value, quotes, at } = this.grounds;
    this.answer(value, quotes[at].typed);
  }

  answer(value, words) {
    const { label } = this.asked.answers.find(({ word }) => word === value);
    if (this.panel !== null) this.ctx.carry(this.shown.picture.id, (this.panel + 1) % this.asked.panels.length);
    this.ctx.say({ do: 'classify', panel: this.id(), value, words }, label);
  }

  key(event) {
    const { key } = event;
    const found = this.asked.answers.find((answer) => answer.key === key);
    if (!/^[0-9]$/.test(key)) this.digits = '';
    if (found) this.choose(found.word);
    else if (/^[0-9]$/.test(key)) this.digit(key);
    else if (this.grounds) {
      if (key === 'Enter') this.send();
      else if (key === 'Tab') this.next(event.shiftKey ? -1 : 1);
      else if (key === 'e') this.edit();
      else if (['Escape', '-', 'u'].includes(key)) this.back();
      else return false;
    } else if (key === 'Tab' && this.asked.panels.length > 1) this.of(this.panel === null ? 0 : (this.panel + 1) % this.asked.panels.length);
    else if (key === 'k' && this.asked.can_crop) this.ctx.say({ do: 'crop-first' }, 'crop first');
    else if (key === 'Enter' && this.shown.enter) this.ctx.say({ do: 'keep' }, 'as it was');
    else return false;
    return true;
  }

  digit(key) {
    const count = this.asked.panels.length;
    const longer = Number(this.digits + key);
    const number = this.digits && longer <= count ? longer : Number(key);
    this.digits = String(number);
    if (number === 0) this.of(null);
    else if (number <= count) this.of(number - 1);
    else this.ctx.refuse(count ? `there is no panel ${key}: expected 1 to ${count}` : 'the picture has no panels yet');
  }
}

class Crop {
  constructor(ctx, shown, asked) {
    Object.assign(this, { ctx, shown, asked, panels: asked.panels });
    this.edits = [];
    this.chosen = asked.panels[0]?.number ?? null;
    this.corner = 'top left';
    this.digits = '';
    this.turn = 0;
  }

  buttons() {
    const { ctx } = this;
    const kept = this.shown.enter && this.edits.length === 0;
    return [
      button('Enter', kept ? this.shown.enter.replace(/^Enter /, '') : 'accept the boxes', () => this.send(false)),
      button('w', 'whole picture', () => this.edit('w')),
      button('d', 'drop', () => this.drop()),
      button('m', 'merge', () => this.merge()),
      button('x', 'split', () => this.split()),
      button(':', 'command', () => this.command('')),
      button('G', "caption's letters", () => this.edit('l')),
      button('c', 'clear', () => this.edit('c')),
      button('r', 'as first shown', () => this.edit('r')),
      button('R', 'as proposed', () => this.edit('R')),
      button('u', 'undo the edit', () => this.back(), { disabled: this.edits.length === 0 }),
    ].map((made) => { made.disabled ||= ctx.busy; return made; });
  }

  show() {
    const { ctx } = this;
    const tool = (name, label) => element('button', { type: 'button', text: label, 'aria-pressed': String(ctx.boxes.tool === name), onclick: () => { ctx.boxes.tool = name; ctx.refresh(); } });
    const rows = element('input', { id: 'grid-rows', placeholder: '3x4', autocomplete: 'off', 'aria-label': 'Grid: rows x panels a row' });
    const grid = element('form', { kind: 'row', onsubmit: (event) => { event.preventDefault(); if (rows.value.trim()) this.edit(`grid ${rows.value.trim()}`); } }, rows, element('button', { type: 'submit', text: 'grid' }));
    const tools = element('div', { kind: 'row', role: 'group', 'aria-label': 'What the mouse does' }, tool('draw', 'draw and move boxes'), tool('hand', 'move the picture'), tool('column', 'split at a column'), tool('row', 'split at a row'));
    const list = element('ul', { kind: 'list', 'aria-label': 'Panels' });
    for (const panel of this.panels) {
      const told = `${panel.number}: ${panel.bounds.join(', ')}${panel.letter ? `, ${panel.letter}` : ''} ${panel.sub_caption}`;
      const is = panel.number === this.chosen;
      list.append(element('li', {}, element('button', { type: 'button', text: told, 'aria-pressed': String(is), onclick: () => this.choose(panel.number) })));
    }
    const named = this.asked.named.map(([letter, text]) => element('li', {}, element('button', { type: 'button', text: `${letter}: ${text}`, onclick: () => { if (this.chosen !== null) this.edit(`l ${this.chosen} ${letter}`); } })));
    const children = [tools, grid, element('p', { kind: 'hint', text: this.hint() })];
    if (this.asked.problem) children.push(element('p', { role: 'alert', text: this.asked.problem }));
    children.push(element('h3', { text: `Panels: ${this.panels.length}` }), list);
    if (named.length) children.push(element('h3', { text: 'Panels that the caption names: press one to give its letter to the chosen panel' }), element('ul', { kind: 'list' }, ...named));
    ctx.asked.replaceChildren(...children);
    ctx.boxes.show(this.panels, { chosen: this.chosen, editor: this });
  }

  hint() {
    if (this.panels.length === 0) return 'No panels: Enter says that the picture shows no scan.';
    return `Panel ${this.chosen}: arrows move its ${this.corner} edges, Shift by ten; e takes the other edges. Drag on the picture to draw a box; Shift chooses several to merge.`;
  }

  choose(number) { this.chosen = number; this.ctx.refresh(); }

  // Applies one more command; a move that goes on is the same edit.
  async edit(line, moving = false) {
    const before = this.edits;
    const goesOn = moving && this.moving === this.chosen && before.at(-1)?.startsWith(`= ${this.chosen} `);
    this.edits = [...(goesOn ? before.slice(0, -1) : before), line];
    this.moving = moving ? this.chosen : null;
    await this.ask(before);
  }

  async back() {
    if (!this.edits.length) return;
    const before = this.edits;
    this.edits = before.slice(0, -1);
    this.moving = null;
    this.ctx.tell('the last edit is taken back');
    await this.ask(before);
  }

  async ask(before) {
    const turn = ++this.turn;
    const numbers = new Set(this.panels.map(({ number }) => number));
    const reply = await this.ctx.look({ do: 'edit', edits: this.edits });
    if (turn !== this.turn || !reply) return;
    if (reply.refused) {
      this.edits = before;
      this.ctx.refuse(reply.refused);
    } else {
      this.panels = reply.panels;
      const drawn = this.edits.at(-1)?.startsWith('+') ? this.panels.find(({ number }) => !numbers.has(number)) : null;
      if (drawn) this.chosen = drawn.number;
      if (!this.panels.some(({ number }) => number === this.chosen)) this.chosen = this.panels[0]?.number ?? null;
    }
    this.ctx.refresh();
  }

  drop() {
    const numbers = this.ctx.boxes.also.size ? [...this.ctx.boxes.also] : [this.chosen];
    if (numbers[0] !== null) this.edit(`d ${numbers.join(' ')}`);
  }

  merge() {
    const also = new Set(this.ctx.boxes.also);
    if (also.size && this.chosen !== null && also.size === 1) also.add(this.chosen);
    if (also.size > 1) { this.ctx.boxes.also.clear(); this.edit(`m ${[...also].sort((a, b) => a - b).join(' ')}`); } else this.command(`m ${this.chosen ?? ''} `);
  }

  split() {
    const panel = this.panels.find(({ number }) => number === this.chosen);
    if (!panel) return;
    const [x, y, w, h] = panel.bounds;
    this.command(w >= h ? `x ${panel.number} | ${x + Math.floor(w / 2)}` : `x ${panel.number} - ${y + Math.floor(h / 2)}`);
  }

  command(begun) {
    this.ctx.type('Command, such as grid 3x4, m 1 2, x 3 | 120, = 3 0,0,512,512, l 2 B', begun, (line) => {
      if (line) this.edit(line);
      return '';
    });
  }

  nudge(right, down) {
    const panel = this.panels.find(({ number }) => number === this.chosen);
    if (!panel) { this.ctx.refuse('there are no panels: + adds one'); return; }
    const { width, height } = this.shown.picture;
    let [x, y, w, h] = panel.bounds;
    const within = (value, least, most) => Math.min(Math.max(value, least), most);
    if (this.corner === 'top left') {
      const [left, top] = [within(x + right, 0, x + w - 1), within(y + down, 0, y + h - 1)];
      [x, y, w, h] = [left, top, w + x - left, h + y - top];
    } else {
      w = within(w + right, 1, width - x);
      h = within(h + down, 1, height - y);
    }
    const bounds = [x, y, w, h];
    if (bounds.join() === panel.bounds.join()) return;
    panel.bounds = bounds;
    this.ctx.refresh();
    this.edit(`= ${this.chosen} ${bounds}`, true);
  }

  send(certain) { this.ctx.say({ do: 'crop', edits: this.edits, certain }, `${this.panels.length} boxes`); }

  certain() { this.send(true); }

  key(event) {
    const { key } = event;
    const stride = event.shiftKey ? STRIDE : 1;
    if (/^[0-9]$/.test(key)) return this.digit(key);
    this.digits = '';
    const numbers = this.panels.map(({ number }) => number);
    const at = numbers.indexOf(this.chosen);
    const next = (step) => { if (numbers.length) this.choose(numbers[(at + step + numbers.length) % numbers.length]); };
    const keys = {
      Enter: () => this.send(false), a: () => this.send(false), w: () => this.edit('w'), c: () => this.edit('c'),
      d: () => this.drop(), G: () => this.edit('l'), r: () => this.edit('r'), R: () => this.edit('R'), m: () => this.merge(), x: () => this.split(),
      g: () => this.command(`l ${this.chosen ?? ''} `), '+': () => this.command('+ '), ':': () => this.command(''),
      '=': () => this.command(`= ${this.chosen ?? ''} ${this.panels[at]?.bounds ?? ''}`),
      e: () => { this.corner = this.corner === 'top left' ? 'bottom right' : 'top left'; this.ctx.refresh(); },
      Tab: () => next(event.shiftKey ? -1 : 1),
      ArrowLeft: () => this.nudge(-stride, 0), ArrowRight: () => this.nudge(stride, 0), ArrowUp: () => this.nudge(0, -stride), ArrowDown: () => this.nudge(0, stride),
      h: () => this.nudge(-1, 0), l: () => this.nudge(1, 0), k: () => this.nudge(0, -1), j: () => this.nudge(0, 1),
      H: () => this.nudge(-STRIDE, 0), L: () => this.nudge(STRIDE, 0), K: () => this.nudge(0, -STRIDE), J: () => this.nudge(0, STRIDE),
      z: () => this.ctx.zoomTo(this.panels[at]?.bounds),
    };
    if (key === 'u' && this.edits.length) { this.back(); return true; }
    if (!keys[key]) return false;
    keys[key]();
    return true;
  }

  digit(key) {
    const numbers = this.panels.map(({ number }) => number);
    const number = [Number(this.digits + key), Number(key)].find((n) => numbers.includes(n));
    this.digits = number === undefined ? '' : String(number);
    if (number === undefined) this.ctx.refuse(`there is no panel ${key}`); else this.choose(number);
    return true;
  }
}

class Dispute {
  constructor(ctx, shown, asked) {
    Object.assign(this, { ctx, shown, asked });
    this.at = 0;
  }

  buttons() {
    return [button('Enter', `take reading ${this.at + 1}, as yours`, () => this.send(false)), button('a', 'another answer', () => this.ctx.say({ do: 'anew' }, 'another answer'))];
  }

  show() {
    const { ctx, asked } = this;
    const list = element('ul', { kind: 'list', 'aria-label': 'What each curator decided' });
    asked.readings.forEach(({ told }, index) => {
      list.append(element('li', {}, button(String(index + 1), told, () => this.choose(index), { 'aria-pressed': String(index === this.at) })));
    });
    ctx.asked.replaceChildren(element('p', { text: `Disputed: which is right? ${this.at + 1} of ${asked.readings.length}` }), list);
    ctx.texts.mark(asked.readings[this.at].span);
    const readings = asked.readings.map(({ boxes }, index) => ({ boxes, chosen: index === this.at }));
    ctx.boxes.show(asked.panel ? [asked.panel] : [], { readings });
  }

  choose(index) { this.at = index; this.ctx.refresh(); }

  send(certain) { this.ctx.say({ do: 'settle', reading: this.at, certain }, `reading ${this.at + 1}`); }

  certain() { this.send(true); }

  key(event) {
    const { key } = event;
    const count = this.asked.readings.length;
    if (key === 'Enter') this.send(false);
    else if (key === 'a') this.ctx.say({ do: 'anew' }, 'another answer');
    else if (key === 'Tab' || key === 'ArrowDown') this.choose((this.at + (event.shiftKey ? count - 1 : 1)) % count);
    else if (key === 'ArrowUp') this.choose((this.at + count - 1) % count);
    else if (/^[1-9]$/.test(key)) {
      if (Number(key) <= count) this.choose(Number(key) - 1); else this.ctx.refuse(`there is no reading ${key}: expected 1 to ${count}`);
    } else return false;
    return true;
  }
}
