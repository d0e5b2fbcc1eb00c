// Boxes over the picture: drawn, moved, resized, split. What is done becomes a command as it is typed at the prompt.

const SVG = 'http://www.w3.org/2000/svg';
const HANDLES = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'];
const SNAP = 6;
const REACH = 9;

function make(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

export class Boxes {
  constructor(svg, picture) {
    this.svg = svg;
    this.picture = picture;
    this.panels = [];
    this.chosen = null;
    this.also = new Set();
    this.tool = 'draw';
    this.editor = null;
    picture.onChange = () => this.draw();
    picture.onDrag = this;
  }

  // `editor` has edit(line) and choose(number); without one, boxes are looked at.
  show(panels, { chosen = null, editor = null, readings = null, choose = null } = {}) {
    this.panels = panels;
    this.chosen = chosen;
    this.editor = editor;
    this.readings = readings;
    this.onChoose = choose;
    this.also = new Set([...this.also].filter((n) => panels.some((p) => p.number === n)));
    if (!editor) { this.also.clear(); this.tool = 'draw'; }
    this.picture.frame.classList.toggle('drawing', Boolean(editor));
    this.held = null;
    this.draw();
  }

  draw() {
    const { width, height, scale } = this.picture;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    // Lines are as thick on the screen however much the picture is enlarged.
    this.svg.style.setProperty('--pixel', `${1 / scale}px`);
    this.svg.replaceChildren();
    const size = 15 / scale;
    for (const panel of this.panels) {
      const [x, y, w, h] = panel.number === this.held?.number ? this.held.bounds : panel.bounds;
      const is = panel.number === this.chosen ? 'chosen' : this.also.has(panel.number) ? 'also' : '';
      make('rect', { x, y, width: w, height: h, class: `box ${is}` }, this.svg);
      const label = `${panel.number}${panel.letter ? ` ${panel.letter}` : ''}`;
      make('rect', { x, y, width: size * (0.7 * label.length + 0.5), height: size * 1.2, class: 'plate' }, this.svg);
      make('text', { x: x + size * 0.25, y: y + size * 0.95, 'font-size': size }, this.svg).textContent = label;
    }
    (this.readings ?? []).forEach(({ boxes, chosen }, index) => {
      for (const [x, y, w, h] of boxes) {
        const is = `box reading${1 + (index % 3)} ${chosen ? 'chosen' : ''}`;
        make('rect', { x, y, width: w, height: h, class: is }, this.svg);
      }
    });
    if (this.held?.number === 0) {
      const [x, y, w, h] = this.held.bounds;
      make('rect', { x, y, width: w, height: h, class: 'box chosen draft' }, this.svg);
    }
    const chosen = this.panels.find((panel) => panel.number === this.chosen);
    if (this.editor && chosen && this.tool === 'draw') {
      const side = 8 / scale;
      const bounds = this.held?.number === chosen.number ? this.held.bounds : chosen.bounds;
      for (const handle of HANDLES) {
        const [x, y] = corner(bounds, handle);
        make('rect', { x: x - side / 2, y: y - side / 2, width: side, height: side, class: 'handle' }, this.svg);
      }
    }
  }

  panelAt([x, y]) {
    const inside = this.panels.filter(({ bounds: [bx, by, w, h] }) => x >= bx && y >= by && x < bx + w && y < by + h);
    const area = ({ bounds }) => bounds[2] * bounds[3];
    const chosen = inside.find((panel) => panel.number === this.chosen);
    return chosen ?? inside.sort((a, b) => area(a) - area(b))[0];
  }

  handleAt([x, y]) {
    const chosen = this.panels.find((panel) => panel.number === this.chosen);
    if (!chosen) return null;
    const reach = REACH / this.picture.scale;
    const near = (handle) => {
      const [hx, hy] = corner(chosen.bounds, handle);
      return Math.max(Math.abs(hx - x), Math.abs(hy - y));
    };
    const best = HANDLES.map((handle) => [near(handle), handle]).sort((a, b) => a[0] - b[0])[0];
    return best[0] <= reach ? { handle: best[1], panel: chosen } : null;
  }

  // Whether a press is for a box, and not for the picture.
  begin(event) {
    const at = this.picture.at(event);
    const panel = this.panelAt(at);
    if (!this.editor) {
      if (!panel || !this.onChoose) return false;
      this.start = { at, look: panel.number };
      return true;
    }
    if (this.tool === 'hand') return false;
    if (event.shiftKey && panel) {
      this.toggle(panel.number);
      this.start = { at, done: true };
      return true;
    }
    if (this.tool === 'column' || this.tool === 'row') {
      this.start = { at, cut: true };
      return true;
    }
    const held = this.handleAt(at);
    if (held) this.start = { at, handle: held.handle, number: held.panel.number, bounds: held.panel.bounds };
    else if (panel && panel.number === this.chosen && !this.isWhole(panel)) {
      this.start = { at, handle: 'all', number: panel.number, bounds: panel.bounds };
    } else this.start = { at, handle: 'new', number: 0, over: panel?.number };
    return true;
  }

  // One that fills the picture cannot be moved: a press in it begins a new one.
  isWhole({ bounds: [, , w, h] }) {
    return w === this.picture.width && h === this.picture.height;
  }

  toggle(number) {
    if (this.also.has(number)) this.also.delete(number); else this.also.add(number);
    this.draw();
  }

  drag(event) {
    const { start } = this;
    if (!start || start.done || start.cut || start.look) return;
    const at = this.picture.at(event);
    const moved = Math.max(Math.abs(at[0] - start.at[0]), Math.abs(at[1] - start.at[1])) * this.picture.scale;
    if (!this.held && moved < 4) return;
    this.held = { number: start.number, bounds: this.moved(start, at, event.altKey) };
    this.draw();
  }

  // The box after dragging, in whole pixels, within the picture, snapped to edges unless Alt is held.
  moved({ at: from, handle, bounds, number }, at, free) {
    const { width, height } = this.picture;
    const snap = (value, axis) => (free ? Math.round(value) : this.snapped(value, axis, number));
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    const ordered = (a, b, most) => {
      const [first, last] = [within(Math.min(a, b), most), within(Math.max(a, b), most)];
      return last > first ? [first, last - first] : first < most ? [first, 1] : [most - 1, 1];
    };
    if (handle === 'new') {
      const [x, w] = ordered(snap(from[0], 0), snap(at[0], 0), width);
      const [y, h] = ordered(snap(from[1], 1), snap(at[1], 1), height);
      return [x, y, w, h];
    }
    const [bx, by, bw, bh] = bounds;
    const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
    if (handle === 'all') {
      const along = (start, length, by, axis, most) => {
        const low = snap(start + by, axis);
        const high = snap(start + length + by, axis) - length;
        const place = Math.abs(low - start - by) <= Math.abs(high - start - by) ? low : high;
        return within(Math.round(place), most - length);
      };
      return [along(bx, bw, dx, 0, width), along(by, bh, dy, 1, height), bw, bh];
    }
    let [left, right, top, bottom] = [bx, bx + bw, by, by + bh];
    if (handle.includes('w')) left = snap(bx + dx, 0);
    if (handle.includes('e')) right = snap(bx + bw + dx, 0);
    if (handle.includes('n')) top = snap(by + dy, 1);
    if (handle.includes('s')) bottom = snap(by + bh + dy, 1);
    const [x, w] = ordered(left, right, width);
    const [y, h] = ordered(top, bottom, height);
    return [x, y, w, h];
  }

  // The nearest edge of another box or of the picture, if any is near.
  snapped(value, axis, number) {
    const edges = [0, axis === 0 ? this.picture.width : this.picture.height];
    for (const panel of this.panels) {
      if (panel.number !== number) edges.push(panel.bounds[axis], panel.bounds[axis] + panel.bounds[axis + 2]);
    }
    const reach = SNAP / this.picture.scale;
    const near = edges.filter((edge) => Math.abs(edge - value) <= reach);
    near.sort((a, b) => Math.abs(a - value) - Math.abs(b - value));
    return near.length ? near[0] : Math.round(value);
  }

  end(event) {
    const { start, held } = this;
    this.start = null;
    this.held = null;
    if (!start || start.done) return;
    if (start.look) { this.onChoose(start.look); return; }
    if (start.cut) {
      const at = this.picture.at(event).map(Math.round);
      const panel = this.panelAt(at);
      if (panel) this.editor.edit(this.tool === 'column' ? `x ${panel.number} | ${at[0]}` : `x ${panel.number} - ${at[1]}`);
      return;
    }
    if (!held) {
      const panel = this.panelAt(start.at);
      this.also.clear();
      if (panel) this.editor.choose(start.over ?? panel.number);
      this.draw();
      return;
    }
    const line = held.number === 0 ? `+ ${held.bounds}` : `= ${held.number} ${held.bounds}`;
    this.editor.edit(line);
  }

  cancel() {
    this.start = null;
    this.held = null;
    this.draw();
  }
}

function corner([x, y, w, h], handle) {
  const across = handle.includes('w') ? x : handle.includes('e') ? x + w : x + w / 2;
  const down = handle.includes('n') ? y : handle.includes('s') ? y + h : y + h / 2;
  return [across, down];
}
