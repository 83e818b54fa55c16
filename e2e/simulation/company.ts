/** The shop of the simulation: small, so that a reset costs little, on the real schema and manifest. */

export interface Place {
  readonly code: string;
  /** HQ's key of the terminal's row. */
  readonly key: string;
  readonly store: string;
  readonly user: string;
}

const place = (number: number, store: number): Place => ({
  code: `T${String(number)}`,
  key: `term-${String(number)}`,
  store: `store-${String(store)}`,
  user: `user-${String(store)}`,
});

/** At most six terminals; the third and the sixth stand in the other store. */
export const PLACES: readonly Place[] = [1, 2, 3, 4, 5, 6].map((number) =>
  place(number, number % 3 === 0 ? 2 : 1),
);

export const STORES = ['store-1', 'store-2'] as const;

/** What every product has in stock, and every customer on the books, when a history begins. */
export const OPENING_STOCK = 100;

const terminals = PLACES.map(
  ({ code, key, store }) => `('${key}', '${code}', 'Till ${code}', '${store}', now())`,
).join(', ');

const shifts = PLACES.map(
  ({ code, key, user }) => `('shift-${code}', '${key}', '${user}', 'Shift ${code}', now(), now())`,
).join(', ');

/**
 * HQ's own rule on orders, a trigger that knows nothing of PayFlow: a customer gets a point per order. It changes, inside
 * an upload, a row that the terminal may be changing too (DESIGN 6.5).
 */
const HOUSE_RULE = `
CREATE FUNCTION house_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE customers SET loyalty_points = loyalty_points + 1, updated_at = now() WHERE id = NEW.customer_id;
  RETURN NULL;
END $$;
CREATE TRIGGER house_points AFTER INSERT ON orders FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL)
  EXECUTE FUNCTION house_points();`;

export const COMPANY = `
INSERT INTO stores (id, store_code, name, updated_at) VALUES
  ('store-1', 'S1', 'Main street', now()), ('store-2', 'S2', 'Harbour', now());
INSERT INTO terminals (id, terminal_code, name, store_id, updated_at) VALUES ${terminals};
INSERT INTO users (id, username, password_hash, store_id, updated_at) VALUES
  ('user-1', 'ana', 'secret', 'store-1', now()), ('user-2', 'ben', 'secret', 'store-2', now());
INSERT INTO shifts (id, terminal_id, user_id, shift_number, start_time, updated_at) VALUES ${shifts};
INSERT INTO suppliers (id, supplier_code, name, store_id, updated_at) VALUES ('sup-1', 'SUP1', 'Supplier', 'store-1', now());
INSERT INTO categories (id, name, parent_id, store_id, updated_at) VALUES
  ('cat-1', 'CAT1', NULL, 'store-1', now()), ('cat-2', 'CAT2', 'cat-1', 'store-1', now()),
  ('cat-3', 'CAT3', NULL, 'store-2', now());
INSERT INTO products (id, sku, name, brand, selling_price, master_stock_quantity, category_id, supplier_id, store_id, updated_at)
SELECT 'p' || g, 'P' || g, 'Product ' || g, 'Brand ' || g, 2.5, ${String(OPENING_STOCK)},
       CASE WHEN g = 1 THEN 'cat-2' END, CASE WHEN g = 2 THEN 'sup-1' END, CASE WHEN g < 5 THEN 'store-1' ELSE 'store-2' END, now()
  FROM generate_series(1, 6) g;
INSERT INTO product_variants (id, product_id, sku, variant_name, selling_price, updated_at) VALUES
  ('v1', 'p1', 'V1', 'Variant 1', 3, now());
INSERT INTO customers (id, customer_code, first_name, city, store_id, updated_at) VALUES
  ('k1', 'K1', 'Kim', 'Oslo', 'store-1', now()), ('k2', 'K2', 'Kai', 'Rome', 'store-1', now()),
  ('k3', 'K3', 'Kea', 'Bern', 'store-2', now());
INSERT INTO discounts (id, discount_name, discount_value, store_id, updated_at) VALUES ('d1', 'Spring', 5, 'store-1', now());
INSERT INTO purchase_orders (id, po_number, supplier_id, store_id, order_date, notes, updated_at) VALUES
  ('po1', 'PO1', 'sup-1', 'store-1', now(), 'as always', now());
INSERT INTO purchase_order_items (id, purchase_order_id, product_id, quantity_ordered, unit_cost, line_total) VALUES
  ('poi1', 'po1', 'p2', 50, 1, 50);
INSERT INTO system_settings (id, setting_key, setting_value, store_id, is_global, updated_at) VALUES
  ('set-1', 'receipt.footer', 'Thank you', 'store-1', false, now()), ('set-2', 'motto', 'Fresh', NULL, true, now());
${HOUSE_RULE}`;

/** A column whose every new value is unlike any other, so that it can be told what became of it. */
export interface Field {
  readonly table: string;
  readonly column: string;
  /** The column that names rows alike on both sides, whatever keys they get. */
  readonly name: string;
  /** Has the table an `updated_at`, which every program writes? */
  readonly stamped?: false;
}

/** Both sides edit these; what a terminal may not, it does by mistake (DESIGN 6.6). */
export const FIELDS: readonly Field[] = [
  { table: 'products', column: 'name', name: 'sku' },
  { table: 'products', column: 'brand', name: 'sku' },
  { table: 'customers', column: 'first_name', name: 'customer_code' },
  { table: 'customers', column: 'city', name: 'customer_code' },
  { table: 'orders', column: 'notes', name: 'order_number' },
  { table: 'purchase_orders', column: 'notes', name: 'po_number' },
  { table: 'product_variants', column: 'variant_name', name: 'sku' },
  { table: 'shifts', column: 'status', name: 'shift_number' },
  { table: 'categories', column: 'description', name: 'name' },
  { table: 'discounts', column: 'discount_type', name: 'discount_name' },
  { table: 'order_items', column: 'product_name', name: 'product_sku', stamped: false },
  { table: 'payments', column: 'reference_number', name: 'authorization_code', stamped: false },
];

/** A number that both sides add to: its end is the sum of what was added (strategy `add`). */
export interface Counter extends Field {
  /** The terminal's name of the column. */
  readonly local: string;
  /** In hundredths. */
  readonly step: number;
}

export const COUNTERS: readonly Counter[] = [
  {
    table: 'products',
    column: 'master_stock_quantity',
    local: 'stock_quantity',
    name: 'sku',
    step: 100,
  },
  {
    table: 'customers',
    column: 'current_balance',
    local: 'current_balance',
    name: 'customer_code',
    step: 1,
  },
  {
    table: 'customers',
    column: 'loyalty_points',
    local: 'loyalty_points',
    name: 'customer_code',
    step: 100,
  },
  {
    table: 'product_variants',
    column: 'master_stock_quantity',
    local: 'stock_quantity',
    name: 'sku',
    step: 100,
  },
  {
    table: 'discounts',
    column: 'used_count',
    local: 'used_count',
    name: 'discount_name',
    step: 100,
  },
  {
    table: 'purchase_order_items',
    column: 'quantity_received',
    local: 'quantity_received',
    name: 'quantity_ordered',
    step: 100,
  },
];
