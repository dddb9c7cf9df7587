# pm train and pm eval: a model of examples, the same whatever the order; what
# it is worth; what is refused.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);

my $pm = $ENV{PM} or plan skip_all => 'PM is not set';
my $dir = tempdir(CLEANUP => 1);

sub spew {
	my ($path, $text) = @_;
	open my $f, '>', $path or die "$path: $!";
	print $f $text;
	close $f or die;
}

# 40 messages of a class; a source has words of its own.
sub folder {
	my ($source, $class, @words) = @_;
	mkdir "$dir/$source";
	mkdir "$dir/$source/$class";
	for my $i (1 .. 40) {
		my @say = map { $words[($i * 7 + $_ * 5) % @words] } 1 .. 30;
		spew("$dir/$source/$class/$i.eml", "From: $say[0]\@" .
			"$source.example\nTo: you\@site.example\nSubject: " .
			"@say[1 .. 3]\nDate: " . ($i % 28 + 1) .
			" Jan 2020 10:00:00 +0000\n\n@say $i\n$source\n");
	}
}

sub run_pm {
	my @args = @_;
	my $out = `$pm @args 2>&1`;
	return ($? >> 8, $out);
}

my @ham = qw(meeting report friday thanks lunch patch list kernel review
	budget minutes draft);
my @spam = qw(winner casino pills free offer cash urgent claim prize click
	million dollars);
folder('one', 'ham', @ham);
folder('one', 'spam', @spam);
folder('two', 'ham', @ham, 'train');
folder('two', 'spam', @spam, 'loan');
my $all = "--ham $dir/one/ham --ham $dir/two/ham --spam $dir/one/spam " .
	"--spam $dir/two/spam";

my ($code, $out) = run_pm('train', $all, '--bits 12', "--out $dir/a");
is($code, 0, 'a model is made');
like($out, qr{^\Q$dir\E/a: model [0-9a-f]{16}, 1 << 12 weights, from 80 ham and 80 spam of 2 sources$}m,
	'and told of');
($code) = run_pm('train', "--spam $dir/two/spam --ham $dir/two/ham",
	"--spam $dir/one/spam --ham $dir/one/ham --bits 12 --out $dir/b");
is(`cat $dir/a`, `cat $dir/b`, 'the same in another order');
($code, $out) = run_pm('train', $all, "--ham $dir/one/ham", '--bits 12',
	"--out $dir/b");
like($out, qr/^left out: 40 messages that were there twice$/m,
	'the same message counts once');
is(`cat $dir/a`, `cat $dir/b`, 'and changes nothing');

($code, $out) = run_pm('eval', $all, "--model $dir/a");
is($code, 0, 'a model is measured');
like($out, qr/^one +40 +40 +0\.00 +0\.00 .* 0\.000 /m, 'it tells them apart');
($code, $out) = run_pm('eval', $all, '--leave-out --json');
my @rows = map { decode_json($_) } split /\n/, $out;
is_deeply([map { $_->{source} } @rows], ["$dir/one", "$dir/two"],
	'a row a source');
is_deeply([map { $_->{roc_missing_ppm} } @rows], [0, 0],
	'that a model of the other one knows');
($code, $out) = run_pm('eval', $all, '--feedback --json');
is(scalar(split /\n/, $out), 2, 'immediate feedback');
($code, $out) = run_pm('eval', $all, '--halves --json');
is(decode_json((split /\n/, $out)[0])->{ham}, 20, 'the later half');
spew("$dir/one/spam/sure.eml", "From: x\@y.example\nSubject: x\n\nXJS*C4JDBQADN1" .
	".NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n");
my %sure = map { $_ => decode_json((run_pm('eval', "--spam $dir/one/spam",
	$_, '--json'))[1])->{spam_below_90} } '--whole', '';
cmp_ok($sure{'--whole'}, '<', $sure{''},
	'the whole engine knows more than the classifier');
unlink "$dir/one/spam/sure.eml";
($code, $out) = run_pm('eval', "--ham $dir/one/ham --json");
ok($code == 0 && !exists decode_json($out)->{roc_missing_ppm},
	'one class: no curve');

($code, $out) = run_pm('train', "--ham $dir/one/ham --out $dir/c");
is($code, 2, 'one class is not enough');
is($out, "pm train: --ham, --spam and --out are needed: pm help train\n",
	'and it says so');
mkdir "$dir/none";
($code, $out) = run_pm('train', "--ham $dir/none --spam $dir/one/spam",
	"--out $dir/c");
is($out, "pm train: $dir/none: there is no message in it\n", 'an empty folder');
($code, $out) = run_pm('eval', "--ham $dir/one/ham --model $dir/one/ham/1.eml");
like($out, qr{^pm eval: \Q$dir\E/one/ham/1.eml: is no model of pm train$}m,
	'what is no model');
($code, $out) = run_pm('eval', "--ham $dir/one/ham --halves --feedback");
is($code, 2, 'one way at a time');

done_testing;
