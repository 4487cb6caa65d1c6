import { pointId } from './ids.js';
import { type Block, numbers } from './numbers.js';

/**
 * By the object that OpenTelemetry handed over: several exporters are given the same one and must
 * come to the same ids. Two collections are two objects, whatever their series and times are.
 */
const collections = new WeakMap<object, Block[]>();

/**
 * The ids of a collection's data points: each has one of its own, the same however often the
 * collection is gone through.
 */
export class PointIds {
  readonly #blocks: Block[];
  #index = -1;
  #used = 0;

  private constructor(blocks: Block[]) {
    this.#blocks = blocks;
  }

  /** @param collection the object that was handed over. */
  static of(collection: object): PointIds {
    let blocks = collections.get(collection);
    if (blocks === undefined) {
      blocks = [];
      collections.set(collection, blocks);
    }
    return new PointIds(blocks);
  }

  /** The same ids from here on, once more. */
  copy(): PointIds {
    const copy = new PointIds(this.#blocks);
    copy.#index = this.#index;
    copy.#used = this.#used;
    return copy;
  }

  /**
   * Goes on to the next data point. All of them count, those too of which no report is made.
   * @param time the end of its interval, in milliseconds since 1970.
   * @param ahead the number of points of the metric that are left, this point included.
   */
  next(time: number, ahead: number): void {
    this.#used += 1;
    const block = this.#blocks[this.#index];
    if (block === undefined || block.time !== time || this.#used >= block.count) {
      this.#index += 1;
      this.#used = 0;
      if (this.#blocks[this.#index]?.time !== time)
        this.#blocks[this.#index] = numbers.take(time, ahead);
    }
  }

  /** The id of the data point that {@link next} moved to. */
  id(): string {
    return pointId(this.#blocks[this.#index]!, this.#used);
  }
}
