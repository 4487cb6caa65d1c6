/** Milliseconds of a frame that drawing may take: scrolling needs the rest. */
const FRAME_MS = 6;

/** Something that is drawn when there is time for it. */
export interface Drawable {
  /** False: out of sight. */
  readonly visible: boolean;
  draw(): void;
}

/** Spreads drawing over frames, so that many charts at a time do not stop the page. */
export class DrawQueue {
  readonly #waiting = new Set<Drawable>();
  #planned = false;

  /** Draws it in one of the next frames, if it is in sight by then. */
  add(drawable: Drawable): void {
    this.#waiting.add(drawable);
    this.#plan();
  }

  remove(drawable: Drawable): void {
    this.#waiting.delete(drawable);
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      this.#work(performance.now() + FRAME_MS);
      if (this.#waiting.size > 0) this.#plan();
    });
  }

  #work(deadline: number): void {
    for (const drawable of this.#waiting) {
      this.#waiting.delete(drawable);
      if (drawable.visible) drawable.draw();
      if (performance.now() > deadline) return;
    }
  }
}
