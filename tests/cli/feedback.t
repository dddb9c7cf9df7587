# pm train --message: what people say of a message counts for mail like it,
# within limits, and can be taken back.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use lib 'tests/lib';
use ZoneDns;

my $pm = $ENV{PM} or plan skip_all => 'PM is not set';
my $dir = tempdir(CLEANUP => 1);
my $dns = ZoneDns->new({});

sub put {
	my ($path, $text) = @_;
	open my $f, '>', "$dir/$path" or die "$path: $!";
	print $f $text;
	close $f or die;
}

sub train {
	my $out = `$pm train --root $dir @_ 2>&1`;
	return ($? >> 8, $out =~ s/\Q$dir\E\///gr);
}

# (score, weight of the feedback) of a file.
sub judged {
	my ($file) = @_;
	my $resolver = $dns->resolver;
	my $o = decode_json(`$pm scan --root $dir --resolver $resolver --json $dir/$file 2>/dev/null`);
	my ($hit) = grep { $_->{name} eq 'CONTENT_FEEDBACK' } @{$o->{hits}};
	my $sum = 0;
	$sum += $_->{weight} for @{$o->{hits}};
	is($sum, $o->{score}, "$file: what is shown sums to the score");
	return ($o->{score}, $hit ? $hit->{weight} : 0);
}

my $text = 'our webinar about storage for modern plants begins on monday, ' .
	'reserve a seat with the organisers, places are few and the coffee ' .
	'is good';
my $head = "From: Ann <ann\@events.example>\nTo: b\@ours.example\n" .
	"MIME-Version: 1.0\nContent-Type: text/plain\n";
put('one', "${head}Subject: storage webinar\n\n$text\n");
put('like', "${head}Subject: another webinar\n\nDear all, $text again\n");
put('other', $head =~ s/events/friends/r . "Subject: lunch\n\nThe kernel of the patch that you " .
	"sent for review does not build on this branch, please have a look " .
	"at the log which I have put beside it, thanks, and see you later\n");

my ($before) = judged('like');
my ($code, $out) = train("--message $dir/one --as spam");
is($code, 0, 'a report');
is($out, "one: learnt as spam; 1 report in all\n", 'and told of');
my ($score, $weight) = judged('like');
cmp_ok($weight, '>', 200, 'mail like it is suspected more');
cmp_ok($weight, '<=', 4000, 'within limits');
is($score, $before + $weight, 'and nothing else changed');
my ($other, $its) = judged('other');
cmp_ok(abs $its, '<', $weight / 2, 'other mail much less');

($code, $out) = train("--message $dir/one --as ham");
is($out, "one: learnt as ham; 1 report in all\n", 'said otherwise');
(undef, $its) = judged('like');
cmp_ok($its, '<=', 0, 'the later word counts');

($code, $out) = train("--message $dir/one --as spam --user eve\@ours.example");
is($out, "one: learnt as spam; 2 reports in all\n", 'a user of his own');
($code, $out) = train("--message $dir/one --undo --user eve\@ours.example");
is($out, "one: taken back; 1 report in all\n", 'taken back');
($code, $out) = train("--message $dir/one --undo");
is($out, "one: taken back; 0 reports in all\n", 'all of it');
is((judged('like'))[0], $before, 'and it is as if nothing was said');
($code, $out) = train("--message $dir/one --undo");
is("$code $out", "2 pm train: one: was not reported\n", 'only once');

# A user with many reports has no more weight than a few messages.
my @files = map { "$dir/many$_" } 1 .. 3;
put("many$_", "${head}Subject: $_\n\n$text, number $_ of many\n") for 1 .. 3;
train("--message $_ --as spam") for @files;
my (undef, $three) = judged('like');
cmp_ok($three, '>=', $weight, 'more reports say more');
cmp_ok($three, '<=', 4000, 'to the limit');

put('var/lib/pm/feedback/content.model', 'broken');
$out = `$pm scan --root $dir --resolver @{[$dns->resolver]} $dir/like 2>&1 >/dev/null`;
like($out, qr{content\.model: is no model of pm train; what users taught is not used$}m,
	'a broken file is told of, and mail is judged without it');

($code, $out) = train("--message $dir/one --as good");
is($out, "pm train: --message wants either --as ham, --as spam or --undo\n",
	'as what?');
($code, $out) = train("--as spam");
is($out, "pm train: --as, --user and --undo go with --message FILE\n",
	'of which message?');
done_testing;
