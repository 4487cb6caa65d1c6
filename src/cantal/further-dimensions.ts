import type { Dimensions } from '../../bridges/cells/cell.js';
import { checkDimensions } from '../../bridges/cells/single/base-cell.js';

/**
 * The dimensions of metrics that have some of their own.
 * @throws TypeError when it is not a record of strings, or holds one of the own.
 */
export function furtherDimensions<Given extends Dimensions>(
  whose: string,
  dimensions: Given,
  own: readonly string[],
): Given {
  const checked = checkDimensions(dimensions) as Given;
  for (const key of own)
    if (Object.hasOwn(checked, key))
      throw new TypeError(
        `${whose} gives its metrics the dimension ${key} itself; got ${JSON.stringify(checked[key])}: choose another key for it.`,
      );
  return checked;
}
