# Many rows, made inside the server and the same each time: mail of a site
# with its regulars. Used by the plans and by the bench.
package Rows;
use strict;
use warnings;
use Time::Local qw(timegm);

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

# An id of row number i: its millisecond, then what tells rows apart.
sub id_of {
	my ($day, $a_day, $kind) = @_;
	my ($y, $m, $d) = split /-/, $day;
	my $first = timegm(0, 0, 0, $d, $m - 1, $y) * 1000;
	return "(lpad(to_hex($first + i % $a_day * 86400000::int8 / $a_day), 12,
		'0') || '7' || lpad(to_hex(i % 4096), 3, '0') || $kind ||
		lpad(to_hex(i / 4096 % 4096), 3, '0') ||
		lpad(to_hex(i), 12, '0'))::uuid";
}

sub at_of {
	my ($day, $a_day) = @_;
	return "'$day 00:00:00+00'::timestamptz + i % $a_day *
		interval '86400 s' / $a_day";
}

my $relay = "('198.51.' || " . skew(200, 3) . " || '.' || " . pick(250, 4) .
	")::inet";
my $sender = "'user' || " . pick(300, 1) . " || '\@sender' || " .
	skew(5000, 2) . " || '.example'";
my $rcpt = "'person' || " . skew(20000, 5) . " || '\@example.org'";
my $queue_id = "lpad(to_hex(i), 11, '0')";

# Number of a mark: its kind, which of them.
sub mark { my ($kind, $n) = @_; return "hashint8extended($n, $kind)" }
# A rule, a dozen hits, of which some come with every third message, and in a
# third of it a file: its name, its extension, its hash.
my $marks = 'array[' . join(', ', mark(21, skew(20, 21)),
	map { mark(22, skew(300, $_)) } 22 .. 33) . '] || case when ' .
	pick(3, 34) . ' = 0 then array[' . join(', ', mark(35, skew(5000, 35)),
	mark(36, skew(40, 36)), mark(37, 'i')) . "] else '{}' end";

# Rows number $from to $to-1 of a day, whose partitions are there: the n-th is
# received n*86400/$a_day seconds into it. Every $each-th is in the quarantine,
# too.
sub day {
	my ($day, $from, $to, $a_day, $each) = @_;
	my $i = "generate_series($from, $to - 1) i";
	my $of = $day =~ s/-//gr;
	my $id = id_of($day, $a_day, "'8'");
	my $at = at_of($day, $a_day);
	# Words that are everywhere, one of many that are not, one of its own.
	my $text = "$subject || ' w' || " . skew(20000, 14) . " || ' ' || i";
	my $reason = "case when " . pick(20, 6) . " = 0 then 'Virus' when " .
		pick(10, 7) . " = 0 then 'Suspect' else 'Spam' end";
	my $score = pick(12000, 8) . ' - 4000';
	my $held = "i % $each = 0";
	return (qq{insert into message_$of select $id, 'mx1', $at, $relay, '',
		'mail.example', $sender, $queue_id, $text,
		$sender, 'm' || i || '\@sender.example', 2000 + } .
		pick(90000, 9) . qq{, $score, 50, case when $held then
		'quarantined' else 'delivered' end, 12, '\\x00' from $i},
		qq{insert into message_rcpt_$of select $id, 0, $rcpt,
		case when $held then 'quarantined' else 'delivered' end,
		case when $held then $reason else '' end from $i},
		qq{insert into quarantine_standard_$of select 'standard', $id,
		'mx1', $at, $relay, $sender, $sender, $text, $reason, 2000,
		$score, 97, 1,
		array(select hashint4extended(w * (i % 97 + 1) % 5000, 10)
		from generate_series(1, 12) w), '\\x00', $marks from $i
		where $held},
		qq{insert into quarantine_rcpt_standard_$of (class, id, n, rcpt,
		address, reason, state) select 'standard', $id, 0, $rcpt, 'x',
		$reason, case when i % 7 = 0 then 'released' else 'held' end
		from $i where $held});
}

# The mail server's log of every $each-th of these rows: seven events each;
# beside it sessions that were refused, and notices that no filter judged.
sub events {
	my ($day, $from, $to, $a_day, $each) = @_;
	my $id = id_of($day, $a_day, 'to_hex(k + 8)');
	my $at = at_of($day, $a_day);
	my $of = $day =~ s/-//gr;
	my $line = "convert_to('mx1 postfix/x[7]: ' || $queue_id || ': to=<' ||
		$rcpt || '>, relay=inner.example[192.0.2.9]:25, delay=0.4, ' ||
		'dsn=2.0.0, status=sent (250 2.0.0 queued)', 'UTF8')";
	return (qq{insert into smtp_event_$of select $id, 'mx1', $at, kind,
		'postfix/x', 7, case when k in (0, 6, 7) then '' else $queue_id
		end, '', case when k in (0, 1, 6, 7) then $relay end, '', '',
		case when k in (3, 7) then $sender else '' end,
		case when k in (4, 7) then $rcpt else '' end,
		case when k = 2 then 'm' || i || '\@sender.example' else '' end,
		'', '', '250 2.0.0 queued', 1, 1, $line
		from generate_series($from, $to - 1) i, (values (0, 'connect'),
		(1, 'accepted'), (2, 'named'), (3, 'queued'), (4, 'delivered'),
		(5, 'removed'), (6, 'disconnect'), (7, 'refused')) l(k, kind)
		where i % $each = 1 and (k < 7 or i % 3 = 0)},
		qq{insert into smtp_event_$of select $id, 'mx1', $at, kind,
		'postfix/x', 7, 'N' || $queue_id, '', null, '', '',
		case when k = 3 then 'pm\@example.org' else '' end,
		case when k = 4 then $rcpt else '' end,
		case when k = 2 then 'n' || i || '\@example.org' else '' end,
		'', '', '250 2.0.0 queued', 1, 1, $line
		from generate_series($from, $to - 1) i, (values (2, 'named'),
		(3, 'queued'), (4, 'delivered'), (5, 'removed')) l(k, kind)
		where i % ($each * 40) = 2});
}

# The id of row number i of such a day, as text.
sub id {
	my ($db, $day, $i, $a_day) = @_;
	my ($sql) = day($day, $i, $i + 1, $a_day, 1);
	my ($id) = $sql =~ /select (.*?::uuid), 'mx1'/s;
	return $db->sql("select $id from generate_series($i, $i) i");
}

1;
