// Tells dragging, pinching, scrolling and clicking apart, with a mouse or with fingers.

/** What a pointer does, in points of the element. */
export interface PointerActions {
  /** It was pressed, alone. */
  pressed(x: number, y: number): void;
  /** It moved, pressed or not. */
  moved(x: number, y: number, isPressed: boolean): void;
  left(): void;
  /** It was dragged by a distance, to a place. */
  dragged(dx: number, dy: number, x: number, y: number): void;
  /** Two fingers or a wheel zoom around a point. */
  zoomed(factor: number, x: number, y: number): void;
  clicked(x: number, y: number): void;
  /** It is pressed no more. */
  released(): void;
}

/** How far a press may move and still be a click. */
const MAX_CLICK_DISTANCE = 4;

export class Pointer {
  private readonly touches = new Map<number, [number, number]>();
  private press: { x: number; y: number; hasMoved: boolean } | undefined;

  constructor(
    private readonly target: HTMLElement,
    private readonly actions: PointerActions,
  ) {
    target.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    target.addEventListener("pointerdown", (event) => this.down(event));
    target.addEventListener("pointermove", (event) => this.move(event));
    target.addEventListener("pointerup", (event) => this.up(event));
    target.addEventListener("pointercancel", (event) => this.up(event));
    target.addEventListener("pointerleave", () => actions.left());
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    // A wheel reports points, or lines of text.
    const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    this.actions.zoomed(factor, event.offsetX, event.offsetY);
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.target.setPointerCapture(event.pointerId);
    this.touches.set(event.pointerId, [event.offsetX, event.offsetY]);
    this.press = { x: event.offsetX, y: event.offsetY, hasMoved: this.touches.size > 1 };
    if (this.touches.size === 1) this.actions.pressed(event.offsetX, event.offsetY);
  }

  private move(event: PointerEvent): void {
    const { offsetX: x, offsetY: y } = event;
    const before = this.touches.get(event.pointerId);
    this.actions.moved(x, y, before !== undefined);
    if (!before || !this.press) return;
    const distance = Math.hypot(x - this.press.x, y - this.press.y);
    this.press.hasMoved ||= distance > MAX_CLICK_DISTANCE;
    const other = [...this.touches].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
      const is = Math.hypot(x - other[0], y - other[1]);
      if (was > 0) this.actions.zoomed(is / was, other[0], other[1]);
    } else if (this.press.hasMoved) {
      this.actions.dragged(x - before[0], y - before[1], x, y);
    }
    this.touches.set(event.pointerId, [x, y]);
  }

  private up(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    const press = this.press;
    if (this.touches.size) return;
    this.press = undefined;
    this.actions.released();
    if (!press || press.hasMoved || event.type === "pointercancel") return;
    this.actions.clicked(event.offsetX, event.offsetY);
  }
}
