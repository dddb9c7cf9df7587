# pm update: rules and model as one signed file: made, proved, in force, taken
# back; what is refused, and with which line.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);

$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
my $pm = $ENV{PM} or plan skip_all => 'PM is not set';
my $dir = tempdir(CLEANUP => 1);
my $none = 'no update is in force: the rules and the model of the ' .
	"executable judge\n";
mkdir "$dir/etc";
mkdir "$dir/etc/pm";

sub put {
	my ($path, $text) = @_;
	open my $f, '>', "$dir/$path" or die "$path: $!";
	print $f $text;
	close $f or die;
}

sub get {
	my ($path) = @_;
	open my $f, '<', "$dir/$path" or die "$path: $!";
	local $/;
	return scalar <$f>;
}

sub update {
	my (@args) = @_;
	my $out = `cd $dir && $pm update --root $dir @args 2>&1`;
	return ($? >> 8, $out);
}

sub refused {
	my ($args, $line, $name) = @_;
	my ($code, $out) = update($args);
	is($out, "pm update: $line\n", $name);
	is($code, 2, '… with its exit code');
}

sub hits {
	my $o = decode_json(`$pm scan --root $dir --json $dir/mail 2>/dev/null`);
	return { map { $_->{name} => $_->{weight} } @{$o->{hits}} };
}

put('one.lua', "return { group = 'new', about = 'g',\n" .
	"{ 'NEW_ONE', 700, text = 'quixotic teapots', about = 'a' } }\n");
put('two.lua', "return { group = 'new', about = 'g',\n" .
	"{ 'NEW_TWO', 900, text = 'quixotic teapots', about = 'a' } }\n");
put('mail', "From: a\@b.example\nSubject: x\n\nSome Quixotic teapots\n");

my ($code, $key) = update('key', 'a.pem');
like($key, qr{^[0-9a-f]{16} [A-Za-z0-9+/]{43}=\n$}, 'a key and its line');
is((stat "$dir/a.pem")[2] & 0777, 0600, 'which nobody else may read');
refused('key a.pem', 'a.pem: File exists', 'no key is overwritten');
my (undef, $other) = update('key', 'b.pem');
my ($id) = $key =~ /^(\w+)/;

($code, my $out) = update('make --key a.pem --rules one.lua --number 10',
	'--about "teapots" --out 10');
like($out, qr/^10: update 10, \d+ bytes\n$/, 'made');
update('make --key a.pem --rules two.lua --number 20 --out 20');
update('make --key b.pem --rules one.lua --number 30 --out 30');
update('make --key a.pem --rules one.lua --number 40 --needs 9.0.0 --out 40');

is((update('status'))[1], $none, 'nothing at first');
refused('load 10', "10: signed by key $id, which is not in " .
	'etc/pm/update.pub', 'a stranger');
put('etc/pm/update.pub', "# ours\n$key");
like((update('verify', '10'))[1], qr/^update 10 is good: made 0 h ago, signed by key $id; teapots\n$/,
	'proved');
ok(!hits()->{NEW_ONE}, 'not in force by that');

($code, $out) = update('load', '10');
is($code, 0, 'loaded');
like($out, qr/^update 10 is in force: .*; teapots\nthe filter takes it at its start \(/,
	'and told');
is(hits()->{NEW_ONE}, 700, 'it judges');
like(`$pm rules --root $dir`, qr/^NEW_ONE +0\.70  a$/m, 'it is listed');
refused('load 10', '10: is update 10; 10 is in force already', 'twice');

($code) = update('load', '20');
is_deeply([@{hits()}{qw(NEW_ONE NEW_TWO)}], [undef, 900],
	'a newer one stands in its place');
refused('load 10', '10: is update 10; 20 is in force, which is newer: pm ' .
	'update undo goes back', 'an older one');
refused('load 40', '40: needs pm 9.0.0, this is 0.1.0: install that first',
	'one for another pm');

# Whatever byte is another: one line, and the present one stays.
my $good = get('20');
for my $at (0, 14, 1000, length($good) - 70, length($good) - 1) {
	my $bad = $good;
	substr($bad, $at, 1) = chr(ord(substr($bad, $at, 1)) ^ 1);
	put('bad', $bad);
	($code, $out) = update('load', 'bad');
	like($out, qr/^pm update: bad: (is no update of pm|its signature by key $id is not good|signed by key \S+, which is not in)[^\n]*\n$/,
		"byte $at changed");
	is($code, 2, '… is refused');
}
put('bad', substr($good, 0, 50));
refused('load bad', 'bad: is no update of pm, or it is cut short', 'cut');
is(hits()->{NEW_TWO}, 900, 'nothing of that judges');

# Rotation: both are believed.
put('etc/pm/update.pub', $key . $other);
is((update('load', '30'))[0], 0, 'the second key signs');
put('etc/pm/update.pub', $other);
is(hits()->{NEW_ONE}, 700, 'the first one may go');
like((update('undo'))[1], qr{^var/lib/pm/update/20: signed by key $id, which is not in etc/pm/update\.pub\nthe rules and the model of the executable judge instead\n},
	'undo to one that nobody believes any more says so');
is_deeply([grep { /^NEW/ } keys %{hits()}], [], '… and it does not judge');
put('etc/pm/update.pub', $key . $other);
is(hits()->{NEW_TWO}, 900, 'believed again');
update('undo');
like((update('undo'))[1], qr/^\Q$none\E/, 'undo, to the executable');
ok(!hits()->{NEW_ONE}, 'whose rules judge');
refused('undo', $none =~ s/\n//r, 'no further');
is_deeply([grep { !/active$/ } glob "$dir/var/lib/pm/update/*"], [],
	'none is kept for nothing');

# What users taught is made anew for the model that judges now.
my $trained = `$pm train --root $dir --message $dir/mail --as spam 2>&1`;
is($?, 0, 'taught') or diag $trained;
my $model = "$dir/var/lib/pm/feedback/content.model";
my $inode = (stat $model)[1];
is((update('load', '20'))[0], 0, 'another model');
isnt((stat $model)[1], $inode, '… and feedback made above it');
is((update('undo'))[0], 0, 'back');

# The site's rules stand above.
mkdir "$dir/etc/pm/policy";
mkdir "$dir/etc/pm/policy/rules";
put('etc/pm/policy/50-x.lua', "policy('p'):rule('r', function() end)\n");
put('etc/pm/policy/rules/x.lua', "return { group = 'site', about = 'g',\n" .
	"{ 'NEW_ONE', 100 } }\n");
update('load', '10');
my $o = decode_json((update('status', '--json'))[1]);
is($o->{number}, 10, 'as JSON');
ok($o->{active} && time - $o->{made_ms} / 1000 < 600, '… with its age');
like(`$pm rules --root $dir`, qr/^NEW_ONE +0\.10  a$/m, 'another weight');
done_testing;
