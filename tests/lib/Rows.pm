# Many rows, made inside the server and the same each time: mail of a site
# with its regulars. Used by the plans and by the bench.
package Rows;
use strict;
use warnings;

# A number from 0 to $n-1 out of row number and a salt: spread, yet fixed;
# "skew": the small ones come far more often.
sub pick { my ($n, $salt) = @_; return "(hashint4extended(i, $salt) & 2147483647) % $n" }
sub skew {
	my ($n, $salt) = @_;
	return "floor($n * power((hashint4extended(i, $salt) & 1048575) / " .
		"1048576.0, 3))::int4";
}

our @words = qw(invoice meeting report offer account password holiday budget
	contract delivery payment update newsletter order confirm parcel tax
	winner bonus project review minutes agenda survey urgent reminder
	statement renewal ticket schedule);

my $word = 'array[' . join(', ', map { "'$_'" } @words) . ']';
my $subject = join " || ' ' || ", map { "($word)[1 + " . pick(30, $_) . ']' }
	11 .. 13;

# Rows number $from to $to-1 of a day: the n-th is received n*86400/$a_day
# seconds into it. Every $each-th is in the quarantine, too.
sub day {
	my ($day, $from, $to, $a_day, $each) = @_;
	my $i = "generate_series($from, $to - 1) i";
	my $id = "overlay(id_floor('$day 00:00:00+00'::timestamptz + i % $a_day
		* interval '86400 s' / $a_day)::text placing '7' ||
		lpad(to_hex(i % 4096), 3, '0') || '-8' ||
		lpad(to_hex(i / 4096), 3, '0') || '-' ||
		lpad(to_hex(i), 12, '0') from 15)::uuid";
	my $at = "'$day 00:00:00+00'::timestamptz + i % $a_day *
		interval '86400 s' / $a_day";
	my $relay = "('198.51.' || " . skew(200, 3) . " || '.' || " .
		pick(250, 4) . ")::inet";
	my $sender = "'user' || " . pick(300, 1) . " || '\@sender' || " .
		skew(5000, 2) . " || '.example'";
	my $rcpt = "'person' || " . skew(20000, 5) . " || '\@example.org'";
	my $text = "$subject || ' ' || i";
	my $reason = "case when " . pick(20, 6) . " = 0 then 'Virus' when " .
		pick(10, 7) . " = 0 then 'Suspect' else 'Spam' end";
	my $score = pick(12000, 8) . ' - 4000';
	my $held = "i % $each = 0";
	return (qq{insert into message select $id, 'mx1', $at, $relay, '',
		'mail.example', $sender, lpad(to_hex(i), 11, '0'), $text,
		$sender, 'm' || i || '\@sender.example', 2000 + } .
		pick(90000, 9) . qq{, $score, 50, case when $held then
		'quarantined' else 'delivered' end, 12, '\\x00' from $i},
		qq{insert into message_rcpt select $id, 0, $rcpt,
		case when $held then 'quarantined' else 'delivered' end,
		case when $held then $reason else '' end from $i},
		qq{insert into quarantine select 'standard', $id, 'mx1', $at,
		$relay, $sender, $sender, $text, $reason, 2000, $score, 97, 1,
		array(select hashint4extended(w * (i % 97 + 1) % 5000, 10)
		from generate_series(1, 12) w), '\\x00' from $i where $held},
		qq{insert into quarantine_rcpt (class, id, n, rcpt, address,
		reason, state) select 'standard', $id, 0, $rcpt, 'x', $reason,
		case when i % 7 = 0 then 'released' else 'held' end
		from $i where $held});
}

# The id of row number i of such a day, as text.
sub id {
	my ($db, $day, $i, $a_day) = @_;
	my ($sql) = day($day, $i, $i + 1, $a_day, 1);
	my ($id) = $sql =~ /select (overlay.*?::uuid), 'mx1'/s;
	return $db->sql("select $id from generate_series($i, $i) i");
}

1;
