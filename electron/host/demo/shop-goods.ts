import { idOf, money, type Chance } from './chance.ts';
import type { Row, StoreRow } from './shop.ts';
import type { Shelf, ShopTexts } from './shop-texts.ts';

interface Place {
  readonly store: StoreRow;
  readonly shelf: Shelf;
  readonly category: string;
  readonly supplier: string;
  readonly taxRate: string;
}

/** What the shop sells: departments with their shelves, and on the shelves products, some of them in sizes. */
export function goodsOf(
  texts: ShopTexts,
  stores: readonly StoreRow[],
  suppliers: readonly { readonly id: string; readonly store_id: string }[],
  products: number,
  chance: Chance,
  now: Date,
): [string, Row[]][] {
  const updated_at = now.toISOString();
  const categories: Row[] = [];
  const places = stores.map((store): Place[] => {
    const own = suppliers.filter((supplier) => supplier.store_id === store.id);
    return texts.departments.flatMap(({ name, shelves }, order) => {
      const parent = idOf(`category ${store.store_code} ${name}`);
      categories.push({
        id: parent,
        name,
        parent_id: null,
        sort_order: order,
        level: 1,
        store_id: store.id,
        updated_at,
      });
      return shelves.map((shelf, position) => {
        const category = idOf(`category ${store.store_code} ${shelf.code}`);
        categories.push({
          id: category,
          name: shelf.name,
          parent_id: parent,
          sort_order: position,
          level: 2,
          store_id: store.id,
          updated_at,
        });
        const supplier = own[order % own.length]?.id ?? '';
        return { store, shelf, category, supplier, taxRate: order < 3 ? '0.0250' : '0.0725' };
      });
    });
  });
  const goods = { products: [], attributes: [], values: [], variants: [], links: [] } as Goods;
  for (let index = 0; index < products; index += 1) {
    const shelves = places[index % places.length] ?? [];
    const number = Math.floor(index / places.length);
    const place = shelves[number % shelves.length] as Place;
    addProduct(goods, texts, place, Math.floor(number / shelves.length), index, chance, updated_at);
  }
  return [
    ['categories', categories],
    ['products', goods.products],
    ['product_attributes', goods.attributes],
    ['product_attribute_values', goods.values],
    ['product_variants', goods.variants],
    ['product_variant_attributes', goods.links],
  ];
}

type Goods = Record<'products' | 'attributes' | 'values' | 'variants' | 'links', Row[]>;

/** `position`: how many products stand on the same shelf before this one. */
function addProduct(
  goods: Goods,
  texts: ShopTexts,
  { store, shelf, category, supplier, taxRate }: Place,
  position: number,
  index: number,
  chance: Chance,
  updated_at: string,
): void {
  const kinds = shelf.products.length;
  const brand = texts.brands[(position + Math.floor(position / kinds)) % texts.brands.length] ?? '';
  const series = Math.floor(position / (kinds * texts.brands.length));
  const name = `${brand} ${shelf.products[position % kinds] ?? ''}${series === 0 ? '' : ` No. ${series + 1}`}`;
  const sku = `${store.store_code}-${shelf.code}-${String(position + 1).padStart(3, '0')}`;
  const price = nicePrice(chance.between(...shelf.price));
  const product = idOf(`product ${sku}`);
  goods.products.push({
    id: product,
    sku,
    name,
    brand,
    category_id: category,
    supplier_id: supplier,
    product_type: shelf.sizes === undefined ? 'simple' : 'variable',
    is_variable: shelf.sizes !== undefined,
    cost_price: money(Math.round(price * 0.6)),
    selling_price: money(price),
    tax_rate: taxRate,
    master_stock_quantity: chance.between(40, 200),
    barcode: barcode(index),
    tags: [shelf.name.toLowerCase()],
    // Every 25th product is only planned: nobody sells it yet, and the back office may drop it.
    is_active: index % 25 !== 24,
    store_id: store.id,
    updated_at,
  });
  if (shelf.sizes !== undefined)
    addSizes(goods, product, sku, name, price, shelf.sizes, updated_at);
}

function addSizes(
  goods: Goods,
  product: string,
  sku: string,
  name: string,
  price: number,
  sizes: readonly string[],
  updated_at: string,
): void {
  const attribute = idOf(`attribute ${sku}`);
  goods.attributes.push({
    id: attribute,
    product_id: product,
    attribute_name: 'Size',
    attribute_code: 'size',
  });
  for (const [order, size] of sizes.entries()) {
    const value = idOf(`value ${sku} ${order}`);
    const variant = idOf(`variant ${sku} ${order}`);
    const own = nicePrice(Math.round(price * (1 + 0.7 * order)));
    goods.values.push({ id: value, attribute_id: attribute, value: size, sort_order: order });
    goods.variants.push({
      id: variant,
      product_id: product,
      sku: `${sku}-${order + 1}`,
      variant_name: `${name}, ${size}`,
      cost_price: money(Math.round(own * 0.6)),
      selling_price: money(own),
      master_stock_quantity: 60,
      is_default: order === 0,
      updated_at,
    });
    goods.links.push({
      id: idOf(`link ${sku} ${order}`),
      variant_id: variant,
      attribute_id: attribute,
      attribute_value_id: value,
    });
  }
}

/** Prices in shops end with a nine. */
export function nicePrice(cents: number): number {
  return Math.max(9, Math.round((cents + 1) / 10) * 10 - 1);
}

/** An EAN-13 of the range that shops use for their own goods. */
function barcode(index: number): string {
  const digits = `20${String(index).padStart(10, '0')}`;
  const sum = [...digits].reduce(
    (all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 1 : 3),
    0,
  );
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
