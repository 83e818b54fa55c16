-- PayFlow's own tables at HQ, under the names of the data dictionary. Only for an empty database:
-- `payflow hq install --with-schema`. Every statement may run twice. Types: money is DECIMAL(15,4), a rate
-- DECIMAL(5,4), a time TIMESTAMP(3) that holds UTC whatever the session's time zone is.
-- Names are unqualified on purpose: the caller sets search_path to the manifest's schema.

CREATE TABLE IF NOT EXISTS stores (
  id VARCHAR(36) PRIMARY KEY,
  store_code VARCHAR(100) NOT NULL UNIQUE,
  name VARCHAR(255) NOT NULL,
  address TEXT,
  phone VARCHAR(50),
  email VARCHAR(255),
  tax_number VARCHAR(100),
  currency VARCHAR(3) NOT NULL DEFAULT 'USD',
  timezone VARCHAR(50) NOT NULL DEFAULT 'UTC',
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);

CREATE TABLE IF NOT EXISTS terminals (
  id VARCHAR(36) PRIMARY KEY,
  terminal_code VARCHAR(100) NOT NULL UNIQUE,
  name VARCHAR(255) NOT NULL,
  location VARCHAR(255),
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  terminal_type VARCHAR(50) NOT NULL DEFAULT 'pos',
  receipt_printer_config TEXT,
  cash_drawer_config TEXT,
  barcode_scanner_config TEXT,
  local_ip VARCHAR(45),
  mac_address VARCHAR(17),
  last_known_ip VARCHAR(45),
  is_online BOOLEAN NOT NULL DEFAULT false,
  is_active BOOLEAN NOT NULL DEFAULT true,
  last_online_at TIMESTAMP(3),
  last_sync_at TIMESTAMP(3),
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS terminals_store_id_idx ON terminals (store_id);

CREATE TABLE IF NOT EXISTS users (
  id VARCHAR(36) PRIMARY KEY,
  username VARCHAR(100) NOT NULL UNIQUE,
  email VARCHAR(255),
  first_name VARCHAR(255),
  last_name VARCHAR(255),
  password_hash VARCHAR(255),
  role VARCHAR(50) NOT NULL DEFAULT 'cashier',
  pin_code VARCHAR(10),
  is_active BOOLEAN NOT NULL DEFAULT true,
  permissions JSONB,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  last_login_at TIMESTAMP(3),
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS users_store_id_idx ON users (store_id);

CREATE TABLE IF NOT EXISTS suppliers (
  id VARCHAR(36) PRIMARY KEY,
  supplier_code VARCHAR(100) UNIQUE,
  name VARCHAR(255) NOT NULL,
  contact_person VARCHAR(255),
  email VARCHAR(255),
  phone VARCHAR(50),
  address TEXT,
  tax_number VARCHAR(100),
  is_active BOOLEAN NOT NULL DEFAULT true,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS suppliers_store_id_idx ON suppliers (store_id);

CREATE TABLE IF NOT EXISTS categories (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  description TEXT,
  parent_id VARCHAR(36) REFERENCES categories (id) ON DELETE SET NULL ON UPDATE CASCADE,
  image_url TEXT,
  color_code VARCHAR(7),
  sort_order INTEGER NOT NULL DEFAULT 0,
  level INTEGER NOT NULL DEFAULT 1,
  is_active BOOLEAN NOT NULL DEFAULT true,
  meta_title VARCHAR(255),
  meta_description TEXT,
  meta_keywords TEXT,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  deleted_at TIMESTAMP(3),
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS categories_parent_id_idx ON categories (parent_id);
CREATE INDEX IF NOT EXISTS categories_store_id_idx ON categories (store_id);

CREATE TABLE IF NOT EXISTS products (
  id VARCHAR(36) PRIMARY KEY,
  sku VARCHAR(100) NOT NULL UNIQUE,
  name VARCHAR(255) NOT NULL,
  description TEXT,
  product_type VARCHAR(20) NOT NULL DEFAULT 'simple',
  is_variable BOOLEAN NOT NULL DEFAULT false,
  category_id VARCHAR(36) REFERENCES categories (id) ON DELETE SET NULL ON UPDATE CASCADE,
  brand VARCHAR(255),
  cost_price DECIMAL(15,4) NOT NULL DEFAULT 0,
  selling_price DECIMAL(15,4) NOT NULL,
  wholesale_price DECIMAL(15,4),
  tax_rate DECIMAL(5,4) NOT NULL DEFAULT 0,
  manage_stock BOOLEAN NOT NULL DEFAULT true,
  master_stock_quantity INTEGER NOT NULL DEFAULT 0,
  min_stock_level INTEGER NOT NULL DEFAULT 0,
  max_stock_level INTEGER,
  low_stock_threshold INTEGER NOT NULL DEFAULT 5,
  unit_type VARCHAR(50),
  weight DECIMAL(10,4),
  dimensions VARCHAR(100),
  barcode TEXT,
  image_urls TEXT,
  main_image_url TEXT,
  is_active BOOLEAN NOT NULL DEFAULT true,
  is_service BOOLEAN NOT NULL DEFAULT false,
  is_digital BOOLEAN NOT NULL DEFAULT false,
  meta_title VARCHAR(255),
  meta_description TEXT,
  meta_keywords TEXT,
  tags JSONB,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  supplier_id VARCHAR(36) REFERENCES suppliers (id) ON DELETE SET NULL ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  deleted_at TIMESTAMP(3),
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS products_category_id_idx ON products (category_id);
CREATE INDEX IF NOT EXISTS products_store_id_idx ON products (store_id);
CREATE INDEX IF NOT EXISTS products_supplier_id_idx ON products (supplier_id);

CREATE TABLE IF NOT EXISTS product_attributes (
  id VARCHAR(36) PRIMARY KEY,
  product_id VARCHAR(36) NOT NULL REFERENCES products (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  attribute_name VARCHAR(100) NOT NULL,
  attribute_code VARCHAR(100) NOT NULL,
  display_name VARCHAR(100),
  sort_order INTEGER NOT NULL DEFAULT 0,
  is_visible BOOLEAN NOT NULL DEFAULT true,
  is_variation BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS product_attributes_product_id_idx ON product_attributes (product_id);

CREATE TABLE IF NOT EXISTS product_attribute_values (
  id VARCHAR(36) PRIMARY KEY,
  attribute_id VARCHAR(36) NOT NULL REFERENCES product_attributes (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  value VARCHAR(255) NOT NULL,
  display_value VARCHAR(255),
  color_hex VARCHAR(7),
  image_url TEXT,
  sort_order INTEGER NOT NULL DEFAULT 0,
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS product_attribute_values_attribute_id_idx ON product_attribute_values (attribute_id);

CREATE TABLE IF NOT EXISTS product_variants (
  id VARCHAR(36) PRIMARY KEY,
  product_id VARCHAR(36) NOT NULL REFERENCES products (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  sku VARCHAR(100) NOT NULL UNIQUE,
  variant_name VARCHAR(255),
  description TEXT,
  barcode TEXT,
  upc VARCHAR(50),
  ean VARCHAR(50),
  cost_price DECIMAL(15,4),
  selling_price DECIMAL(15,4) NOT NULL,
  wholesale_price DECIMAL(15,4),
  master_stock_quantity INTEGER NOT NULL DEFAULT 0,
  min_stock_level INTEGER NOT NULL DEFAULT 0,
  max_stock_level INTEGER,
  weight DECIMAL(10,4),
  dimensions VARCHAR(100),
  image_urls TEXT,
  main_image_url TEXT,
  is_active BOOLEAN NOT NULL DEFAULT true,
  is_default BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL
);
CREATE INDEX IF NOT EXISTS product_variants_product_id_idx ON product_variants (product_id);

CREATE TABLE IF NOT EXISTS product_variant_attributes (
  id VARCHAR(36) PRIMARY KEY,
  variant_id VARCHAR(36) NOT NULL REFERENCES product_variants (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  attribute_id VARCHAR(36) NOT NULL REFERENCES product_attributes (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  attribute_value_id VARCHAR(36) NOT NULL REFERENCES product_attribute_values (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS product_variant_attributes_variant_id_idx ON product_variant_attributes (variant_id);
CREATE INDEX IF NOT EXISTS product_variant_attributes_attribute_id_idx ON product_variant_attributes (attribute_id);
CREATE INDEX IF NOT EXISTS product_variant_attributes_attribute_value_id_idx ON product_variant_attributes (attribute_value_id);

CREATE TABLE IF NOT EXISTS customers (
  id VARCHAR(36) PRIMARY KEY,
  customer_code VARCHAR(100) NOT NULL UNIQUE,
  first_name VARCHAR(255),
  last_name VARCHAR(255),
  email VARCHAR(255),
  phone VARCHAR(50),
  address_line1 TEXT,
  address_line2 TEXT,
  city VARCHAR(100),
  state VARCHAR(100),
  country VARCHAR(100),
  postal_code VARCHAR(20),
  customer_type VARCHAR(50) NOT NULL DEFAULT 'regular',
  tax_number VARCHAR(100),
  credit_limit DECIMAL(15,4) NOT NULL DEFAULT 0,
  current_balance DECIMAL(15,4) NOT NULL DEFAULT 0,
  loyalty_points INTEGER NOT NULL DEFAULT 0,
  is_active BOOLEAN NOT NULL DEFAULT true,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  deleted_at TIMESTAMP(3),
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS customers_store_id_idx ON customers (store_id);

CREATE TABLE IF NOT EXISTS taxes (
  id VARCHAR(36) PRIMARY KEY,
  tax_name VARCHAR(255) NOT NULL,
  tax_rate DECIMAL(5,4) NOT NULL,
  tax_type VARCHAR(50) NOT NULL DEFAULT 'percentage',
  is_active BOOLEAN NOT NULL DEFAULT true,
  applies_to_all BOOLEAN NOT NULL DEFAULT true,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS taxes_store_id_idx ON taxes (store_id);

CREATE TABLE IF NOT EXISTS discounts (
  id VARCHAR(36) PRIMARY KEY,
  discount_name VARCHAR(255) NOT NULL,
  discount_type VARCHAR(50) NOT NULL DEFAULT 'percentage',
  discount_value DECIMAL(10,4) NOT NULL,
  min_order_amount DECIMAL(15,4),
  max_discount_amount DECIMAL(15,4),
  start_date TIMESTAMP(3),
  end_date TIMESTAMP(3),
  is_active BOOLEAN NOT NULL DEFAULT true,
  applies_to_all BOOLEAN NOT NULL DEFAULT true,
  usage_limit INTEGER,
  used_count INTEGER NOT NULL DEFAULT 0,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS discounts_store_id_idx ON discounts (store_id);

CREATE TABLE IF NOT EXISTS shifts (
  id VARCHAR(36) PRIMARY KEY,
  terminal_id VARCHAR(36) NOT NULL REFERENCES terminals (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  shift_number VARCHAR(100) NOT NULL,
  start_time TIMESTAMP(3) NOT NULL,
  end_time TIMESTAMP(3),
  expected_end_time TIMESTAMP(3),
  opening_balance DECIMAL(15,4) NOT NULL DEFAULT 0,
  closing_balance DECIMAL(15,4),
  expected_cash DECIMAL(15,4),
  actual_cash DECIMAL(15,4),
  cash_difference DECIMAL(15,4),
  total_transactions INTEGER NOT NULL DEFAULT 0,
  total_sales DECIMAL(15,4) NOT NULL DEFAULT 0,
  total_refunds DECIMAL(15,4) NOT NULL DEFAULT 0,
  total_cash DECIMAL(15,4) NOT NULL DEFAULT 0,
  total_card DECIMAL(15,4) NOT NULL DEFAULT 0,
  total_digital DECIMAL(15,4) NOT NULL DEFAULT 0,
  status VARCHAR(20) NOT NULL DEFAULT 'open',
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL
);
CREATE INDEX IF NOT EXISTS shifts_terminal_id_idx ON shifts (terminal_id);
CREATE INDEX IF NOT EXISTS shifts_user_id_idx ON shifts (user_id);

CREATE TABLE IF NOT EXISTS orders (
  id VARCHAR(36) PRIMARY KEY,
  order_number VARCHAR(100) NOT NULL,
  terminal_id VARCHAR(36) NOT NULL REFERENCES terminals (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  shift_id VARCHAR(36) REFERENCES shifts (id) ON DELETE SET NULL ON UPDATE CASCADE,
  user_id VARCHAR(36) NOT NULL REFERENCES users (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  customer_id VARCHAR(36) REFERENCES customers (id) ON DELETE SET NULL ON UPDATE CASCADE,
  subtotal DECIMAL(15,4) NOT NULL DEFAULT 0,
  tax_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  discount_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  total_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  tendered_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  change_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  payment_method VARCHAR(50),
  payment_status VARCHAR(20) NOT NULL DEFAULT 'pending',
  transaction_id VARCHAR(255),
  order_type VARCHAR(50) NOT NULL DEFAULT 'retail',
  status VARCHAR(20) NOT NULL DEFAULT 'completed',
  notes TEXT,
  order_date TIMESTAMP(3) NOT NULL,
  completed_at TIMESTAMP(3),
  source_terminal_id VARCHAR(36) NOT NULL,
  sync_batch_id VARCHAR(36),
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_terminal_id_idx ON orders (terminal_id);
CREATE INDEX IF NOT EXISTS orders_shift_id_idx ON orders (shift_id);
CREATE INDEX IF NOT EXISTS orders_user_id_idx ON orders (user_id);
CREATE INDEX IF NOT EXISTS orders_customer_id_idx ON orders (customer_id);

CREATE TABLE IF NOT EXISTS order_items (
  id VARCHAR(36) PRIMARY KEY,
  order_id VARCHAR(36) NOT NULL REFERENCES orders (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  product_id VARCHAR(36) NOT NULL REFERENCES products (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  variant_id VARCHAR(36) REFERENCES product_variants (id) ON DELETE SET NULL ON UPDATE CASCADE,
  quantity DECIMAL(10,4) NOT NULL,
  unit_price DECIMAL(15,4) NOT NULL,
  cost_price DECIMAL(15,4),
  discount_rate DECIMAL(5,4) NOT NULL DEFAULT 0,
  discount_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  tax_rate DECIMAL(5,4) NOT NULL DEFAULT 0,
  tax_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  line_total DECIMAL(15,4) NOT NULL,
  product_name VARCHAR(255),
  product_sku VARCHAR(100),
  variant_name VARCHAR(255),
  variant_sku VARCHAR(100),
  variant_attributes JSONB,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS order_items_order_id_idx ON order_items (order_id);
CREATE INDEX IF NOT EXISTS order_items_product_id_idx ON order_items (product_id);
CREATE INDEX IF NOT EXISTS order_items_variant_id_idx ON order_items (variant_id);

CREATE TABLE IF NOT EXISTS payments (
  id VARCHAR(36) PRIMARY KEY,
  order_id VARCHAR(36) NOT NULL REFERENCES orders (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  payment_method VARCHAR(50) NOT NULL,
  amount DECIMAL(15,4) NOT NULL,
  tendered_amount DECIMAL(15,4) NOT NULL,
  change_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  reference_number VARCHAR(255),
  card_last_four VARCHAR(4),
  card_type VARCHAR(50),
  authorization_code VARCHAR(255),
  status VARCHAR(20) NOT NULL DEFAULT 'completed',
  payment_date TIMESTAMP(3) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS payments_order_id_idx ON payments (order_id);

CREATE TABLE IF NOT EXISTS receipts (
  id VARCHAR(36) PRIMARY KEY,
  order_id VARCHAR(36) NOT NULL REFERENCES orders (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  receipt_number VARCHAR(100) NOT NULL,
  receipt_data TEXT NOT NULL,
  printed_at TIMESTAMP(3),
  reprint_count INTEGER NOT NULL DEFAULT 0,
  source_terminal_id VARCHAR(36) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS receipts_order_id_idx ON receipts (order_id);

CREATE TABLE IF NOT EXISTS inventory_transactions (
  id VARCHAR(36) PRIMARY KEY,
  product_id VARCHAR(36) NOT NULL REFERENCES products (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  variant_id VARCHAR(36) REFERENCES product_variants (id) ON DELETE SET NULL ON UPDATE CASCADE,
  terminal_id VARCHAR(36) REFERENCES terminals (id) ON DELETE SET NULL ON UPDATE CASCADE,
  order_id VARCHAR(36) REFERENCES orders (id) ON DELETE SET NULL ON UPDATE CASCADE,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  transaction_type VARCHAR(50) NOT NULL,
  quantity_change INTEGER NOT NULL,
  stock_before INTEGER NOT NULL,
  stock_after INTEGER NOT NULL,
  reference_number VARCHAR(255),
  notes TEXT,
  source_terminal_id VARCHAR(36),
  sync_batch_id VARCHAR(36),
  transaction_date TIMESTAMP(3) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS inventory_transactions_product_id_idx ON inventory_transactions (product_id);
CREATE INDEX IF NOT EXISTS inventory_transactions_variant_id_idx ON inventory_transactions (variant_id);
CREATE INDEX IF NOT EXISTS inventory_transactions_terminal_id_idx ON inventory_transactions (terminal_id);
CREATE INDEX IF NOT EXISTS inventory_transactions_order_id_idx ON inventory_transactions (order_id);
CREATE INDEX IF NOT EXISTS inventory_transactions_store_id_idx ON inventory_transactions (store_id);

CREATE TABLE IF NOT EXISTS purchase_orders (
  id VARCHAR(36) PRIMARY KEY,
  po_number VARCHAR(100) NOT NULL,
  supplier_id VARCHAR(36) NOT NULL REFERENCES suppliers (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  order_date TIMESTAMP(3) NOT NULL,
  expected_delivery_date TIMESTAMP(3),
  status VARCHAR(20) NOT NULL DEFAULT 'pending',
  subtotal DECIMAL(15,4) NOT NULL DEFAULT 0,
  tax_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  total_amount DECIMAL(15,4) NOT NULL DEFAULT 0,
  notes TEXT,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS purchase_orders_supplier_id_idx ON purchase_orders (supplier_id);
CREATE INDEX IF NOT EXISTS purchase_orders_store_id_idx ON purchase_orders (store_id);

CREATE TABLE IF NOT EXISTS purchase_order_items (
  id VARCHAR(36) PRIMARY KEY,
  purchase_order_id VARCHAR(36) NOT NULL REFERENCES purchase_orders (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  product_id VARCHAR(36) NOT NULL REFERENCES products (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  variant_id VARCHAR(36) REFERENCES product_variants (id) ON DELETE SET NULL ON UPDATE CASCADE,
  quantity_ordered INTEGER NOT NULL,
  quantity_received INTEGER NOT NULL DEFAULT 0,
  unit_cost DECIMAL(15,4) NOT NULL,
  line_total DECIMAL(15,4) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS purchase_order_items_purchase_order_id_idx ON purchase_order_items (purchase_order_id);
CREATE INDEX IF NOT EXISTS purchase_order_items_product_id_idx ON purchase_order_items (product_id);
CREATE INDEX IF NOT EXISTS purchase_order_items_variant_id_idx ON purchase_order_items (variant_id);

CREATE TABLE IF NOT EXISTS terminal_stock_levels (
  id VARCHAR(36) PRIMARY KEY,
  terminal_id VARCHAR(36) NOT NULL REFERENCES terminals (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  product_id VARCHAR(36) REFERENCES products (id) ON DELETE SET NULL ON UPDATE CASCADE,
  variant_id VARCHAR(36) REFERENCES product_variants (id) ON DELETE SET NULL ON UPDATE CASCADE,
  stock_quantity INTEGER NOT NULL,
  reserved_quantity INTEGER NOT NULL DEFAULT 0,
  available_quantity INTEGER GENERATED ALWAYS AS (stock_quantity - reserved_quantity) STORED,
  last_updated TIMESTAMP(3) NOT NULL,
  last_sync_at TIMESTAMP(3)
);
CREATE INDEX IF NOT EXISTS terminal_stock_levels_terminal_id_idx ON terminal_stock_levels (terminal_id);
CREATE INDEX IF NOT EXISTS terminal_stock_levels_product_id_idx ON terminal_stock_levels (product_id);
CREATE INDEX IF NOT EXISTS terminal_stock_levels_variant_id_idx ON terminal_stock_levels (variant_id);
CREATE UNIQUE INDEX IF NOT EXISTS terminal_stock_levels_terminal_id_item_key
  ON terminal_stock_levels (terminal_id, (COALESCE(variant_id, product_id)));

CREATE TABLE IF NOT EXISTS system_settings (
  id VARCHAR(36) PRIMARY KEY,
  setting_key VARCHAR(255) NOT NULL UNIQUE,
  setting_value TEXT,
  data_type VARCHAR(50),
  description TEXT,
  store_id VARCHAR(36) REFERENCES stores (id) ON DELETE SET NULL ON UPDATE CASCADE,
  is_global BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
  updated_at TIMESTAMP(3) NOT NULL,
  created_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS system_settings_store_id_idx ON system_settings (store_id);

CREATE TABLE IF NOT EXISTS audit_logs (
  id VARCHAR(36) PRIMARY KEY,
  user_id VARCHAR(36) REFERENCES users (id) ON DELETE SET NULL ON UPDATE CASCADE,
  terminal_id VARCHAR(36) REFERENCES terminals (id) ON DELETE SET NULL ON UPDATE CASCADE,
  action_type VARCHAR(100) NOT NULL,
  table_name VARCHAR(100),
  record_id VARCHAR(36),
  old_values JSONB,
  new_values JSONB,
  ip_address VARCHAR(45),
  user_agent TEXT,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS audit_logs_user_id_idx ON audit_logs (user_id);
CREATE INDEX IF NOT EXISTS audit_logs_terminal_id_idx ON audit_logs (terminal_id);

CREATE TABLE IF NOT EXISTS sync_logs (
  id VARCHAR(36) PRIMARY KEY,
  terminal_id VARCHAR(36) NOT NULL REFERENCES terminals (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  store_id VARCHAR(36) NOT NULL REFERENCES stores (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  sync_type VARCHAR(50) NOT NULL,
  sync_direction VARCHAR(20) NOT NULL,
  records_synced INTEGER NOT NULL DEFAULT 0,
  sync_start_time TIMESTAMP(3) NOT NULL,
  sync_end_time TIMESTAMP(3),
  from_date TIMESTAMP(3),
  to_date TIMESTAMP(3),
  status VARCHAR(20) NOT NULL DEFAULT 'in_progress',
  error_message TEXT,
  sync_duration INTEGER,
  data_size_bytes INTEGER,
  created_at TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS sync_logs_terminal_id_idx ON sync_logs (terminal_id);
CREATE INDEX IF NOT EXISTS sync_logs_store_id_idx ON sync_logs (store_id);
