# Uuencoded archives of a conformance suite, against Perl's own decoder.
use strict;
use warnings;
use lib 'tests/lib';
use Corpus;
use Test::More;

my $conf = Corpus::conf();
plan skip_all => 'no conf-dev.tar.xz beside the checkout' unless $conf;
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/mail_uu';
my @files = glob "$conf/conf-dev/attach/libarchive-uu/*.uu";

# What Perl makes of the first file in it.
sub by_perl {
	my ($path) = @_;
	my ($in, $out) = (0, '');
	open my $f, '<:raw', $path or die "$path: $!";
	while (my $line = <$f>) {
		$line =~ s/\r?\n//;
		last if $in && $line eq 'end';
		$out .= unpack('u', $line) // '' if $in;
		$in = 1 if $line =~ /^begin [0-7]{3,4} ./;
	}
	return $out;
}

sub by_us {
	my ($path) = @_;
	open my $f, '-|:raw', $program, $path or die "$program: $!";
	my $bytes = do { local $/; <$f> } // '';
	return close $f ? $bytes : 'broken';
}

cmp_ok(scalar @files, '>', 250, 'there are archives');
my @other = grep { my $want = by_perl($_);
	$want eq '' || by_us($_) ne $want } @files;
is_deeply(\@other, [], @files . " archives are what Perl's unpack makes");
done_testing();
