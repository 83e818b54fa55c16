import { idOf, money, type Chance } from './chance.ts';
import type { Row, StoreRow } from './shop.ts';
import type { ShopTexts } from './shop-texts.ts';

const users = 40;
const customers = 80;
const day = 86_400_000;

/** Who works and who buys in the shop, and yesterday's shift at every till. */
export function peopleOf(
  texts: ShopTexts,
  stores: readonly StoreRow[],
  terminals: readonly { readonly id: string; readonly store_id: string }[],
  chance: Chance,
  now: Date,
): { users: Row[]; customers: Row[]; shifts: Row[] } {
  const updated_at = now.toISOString();
  const storeAt = (index: number): StoreRow => stores[index % stores.length] as StoreRow;
  const staff = Array.from({ length: users }, (_, index) => {
    const first_name = texts.firstNames[index % texts.firstNames.length] ?? '';
    const last_name = chance.pick(texts.lastNames);
    return {
      id: idOf(`user ${index}`),
      username: `${first_name.toLowerCase()}${index + 1}`,
      first_name,
      last_name,
      // No till of this shop asks for one.
      password_hash: null,
      pin_code: String(1000 + index),
      role: index < stores.length ? 'manager' : 'cashier',
      permissions: { refunds: index < stores.length },
      store_id: storeAt(index).id,
      updated_at,
    };
  });
  const members = Array.from({ length: customers }, (_, index) => ({
    id: idOf(`customer ${index}`),
    customer_code: `C-${String(index + 1).padStart(4, '0')}`,
    first_name: chance.pick(texts.firstNames),
    last_name: chance.pick(texts.lastNames),
    phone: `+1 555 ${String(1000 + index * 7)}`,
    address_line1: `${chance.between(1, 90)} ${chance.pick(texts.streets)}`,
    city: chance.pick(texts.cities),
    customer_type: index % 9 === 0 ? 'business' : 'regular',
    credit_limit: money(index % 9 === 0 ? 50_000 : 0),
    loyalty_points: chance.between(0, 400),
    store_id: storeAt(index).id,
    updated_at,
  }));
  const shifts = terminals.map((terminal, index) => {
    const sales = chance.between(40_000, 120_000);
    return {
      id: idOf(`shift ${terminal.id}`),
      terminal_id: terminal.id,
      user_id: staff.find((user) => user.store_id === terminal.store_id)?.id,
      shift_number: `Y-${index + 1}`,
      start_time: new Date(now.getTime() - day).toISOString(),
      end_time: new Date(now.getTime() - day / 2).toISOString(),
      opening_balance: money(15_000),
      closing_balance: money(15_000 + sales),
      total_transactions: Math.round(sales / 1400),
      total_sales: money(sales),
      total_cash: money(sales),
      status: 'closed',
      updated_at,
    };
  });
  return { users: staff, customers: members, shifts };
}
