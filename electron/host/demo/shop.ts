/** The sample shop: every row that HQ holds when the demo begins, the same in every demo. */
import { idOf, money, seededChance } from './chance.ts';
import { goodsOf } from './shop-goods.ts';
import { peopleOf } from './shop-people.ts';
import type { ShopTexts } from './shop-texts.ts';

export type Row = Readonly<Record<string, unknown>>;
/** By table, parents first: the order to insert them in. */
export type Shop = ReadonlyMap<string, readonly Row[]>;

export interface StoreRow extends Row {
  readonly id: string;
  readonly store_code: string;
}

/** PayFlow's own size; `--rows` scales the products. */
const defaultProducts = 500;
const leastProducts = 36;
/** A product brings about so many rows: itself, and every sixth one its sizes. */
const rowsPerProduct = 2.7;
/** Everything that is not goods. */
const otherRows = 200;

/** How many products make a shop of about so many rows. */
export function productsFor(rows: number | null): number {
  if (rows === null) return defaultProducts;
  return Math.max(leastProducts, Math.round((rows - otherRows) / rowsPerProduct));
}

export function buildShop(texts: ShopTexts, products: number, now: Date): Shop {
  const chance = seededChance(2026);
  const updated_at = now.toISOString();
  const stores = texts.stores.map((store): StoreRow => ({
    id: idOf(`store ${store.code}`),
    store_code: store.code,
    name: store.name,
    address: store.address,
    phone: store.phone,
    timezone: 'America/New_York',
    updated_at,
  }));
  const storeId = (code: string): string => idOf(`store ${code}`);
  const terminals = texts.terminals.map(({ code, name, store }) => ({
    id: idOf(`terminal ${code}`),
    terminal_code: code,
    name,
    store_id: storeId(store),
    updated_at,
  }));
  const { users, customers, shifts } = peopleOf(texts, stores, terminals, chance, now);
  const suppliers = stores.flatMap((store) =>
    texts.suppliers.map((name, index) => ({
      id: idOf(`supplier ${store.store_code} ${index}`),
      supplier_code: `${store.store_code}-SUP-${index + 1}`,
      name,
      contact_person: `${chance.pick(texts.firstNames)} ${chance.pick(texts.lastNames)}`,
      phone: `+1 555 03${String(index).padStart(2, '0')}`,
      store_id: store.id,
      updated_at,
    })),
  );
  const goods = goodsOf(texts, stores, suppliers, products, chance, now);
  const taxes = stores.flatMap((store) =>
    [
      ['Food', '0.0250'],
      ['Everything else', '0.0725'],
    ].map(([tax_name, tax_rate]) => ({
      id: idOf(`tax ${store.store_code} ${tax_name}`),
      tax_name,
      tax_rate,
      applies_to_all: false,
      store_id: store.id,
      updated_at,
    })),
  );
  const discounts = stores.map((store) => ({
    id: idOf(`discount ${store.store_code}`),
    discount_name: 'Members on Mondays',
    discount_value: '5.0000',
    min_order_amount: money(2000),
    applies_to_all: true,
    store_id: store.id,
    updated_at,
  }));
  const settings = [
    { setting_key: 'receipt.footer', setting_value: 'Thank you, see you soon!', is_global: true },
    { setting_key: 'currency.symbol', setting_value: '$', is_global: true },
    ...stores.map((store) => ({
      setting_key: `opening_hours.${store.store_code}`,
      setting_value: '08:00-20:00',
      is_global: false,
      store_id: store.id,
    })),
  ].map((setting) => ({
    ...setting,
    id: idOf(`setting ${setting.setting_key}`),
    data_type: 'string',
    updated_at,
  }));
  return new Map<string, readonly Row[]>([
    ['stores', stores],
    ['terminals', terminals],
    ['users', users],
    ['suppliers', suppliers],
    ...goods,
    ['customers', customers],
    ['taxes', taxes],
    ['discounts', discounts],
    ['shifts', shifts],
    ['system_settings', settings],
  ]);
}
