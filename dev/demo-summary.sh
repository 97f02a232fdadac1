#!/usr/bin/env bash
# Where the running demo is and who may log in. Reached through PORT, DB, CLOVER_ORIGIN, LOGS, STOP.
cat <<X

  Odoo         http://127.0.0.1:$PORT
  database     $DB
  logins       admin / admin, clerk@example.com / clerk, manager@example.com / manager,
               accountant@example.com / accountant, portal@example.com / portal
  simulator    $CLOVER_ORIGIN  (its books: $CLOVER_ORIGIN/_sim/ledger)
  logs         $LOGS
  stop         $STOP
X
