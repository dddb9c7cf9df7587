# yEnc, BinHex and TNEF files of the conformance suites, against what others made
# of them.
use strict;
use warnings;
use lib 'tests/lib';
use Corpus;
use File::Temp qw(tempfile);
use Test::More;

my $conf = Corpus::conf();
plan skip_all => 'no conf-dev.tar.xz beside the checkout' unless $conf;
my $unit = ($ENV{PM_BUILD} // 'build/rel') . '/unit';
my $mime = "$conf/conf-dev/mime";

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	return do { local $/; <$f> } // '';
}

# The first file in a text; "broken" when it is.
sub first_file {
	my ($program, $path) = @_;
	open my $f, '-|:raw', "$unit/$program", $path or die "$program: $!";
	my $bytes = do { local $/; <$f> } // '';
	return close $f ? $bytes : 'broken';
}

my $yenc = "$mime/mimekit/yenc";
my @pieces = map { first_file('mail_yenc', "$yenc/$_") }
	qw(00000020.ntx 00000021.ntx);
is(length $pieces[0], 11250, 'the first piece of two');
ok(join('', @pieces) eq slurp("$yenc/joystick.jpg"),
	'the pieces are the picture');
is(length first_file('mail_yenc', "$yenc/$_"), 584, $_)
	for qw(simple.msg state-changes.ntx);

# The BinHex files of one mail, each fork with its checksum.
my @files = slurp("$mime/stalwart-mail-parser/eml/legacy/016.eml") =~
	/(\(This file must be.*?:\s*\n--)/sg;
cmp_ok(scalar @files, '>', 1, 'there are BinHex files');
my @begins = ("\x89PNG\r\n", 'Die Hasen');
for my $i (0 .. $#files) {
	my ($out, $path) = tempfile(UNLINK => 1);
	print $out $files[$i];
	close $out;
	my $data = first_file('mail_binhex', $path);
	isnt($data, 'broken', "BinHex file $i is whole");
	is(substr($data, 0, length $begins[$i]), $begins[$i],
		"BinHex file $i is what it says") if $begins[$i];
}

# Every file that MimeKit took out of a container, line ends apart; of an
# object it kept the identifier in front.
my $tnef = "$mime/mimekit/tnef";
for my $path (sort glob "$tnef/*.tnef") {
	my ($dir) = $path =~ /(.*)\.tnef$/;
	my @listed = split /\n/, first_file('mail_tnef', $path);
	my %ours;
	for my $i (0 .. $#listed - 1) {
		open my $f, '-|:raw', "$unit/mail_tnef", $path, $i or die;
		my $bytes = do { local $/; <$f> } // '';
		$bytes =~ s/\r//g;
		$ours{$bytes} = 1;
	}
	my @missed;
	for my $file (grep { -f } glob "$dir/*") {
		my $want = slurp($file);
		my ($plain, $behind) = ($want, length $want > 16 ?
			substr($want, 16) : '');
		s/\r//g for $plain, $behind;
		push @missed, $file unless $ours{$plain} || $ours{$behind};
	}
	is_deeply(\@missed, [], 'all files of ' . ($path =~ s{.*/}{}r));
}

# Uuencoded archives through the whole parser, as one file after another.
my @archives = glob "$conf/conf-dev/attach/libarchive-uu/*.uu";
cmp_ok(scalar @archives, '>', 250, 'there are archives');
my @other;
for my $path (@archives) {
	my ($in, $want) = (0, '');
	for my $line (split /\n/, slurp($path)) {
		$line =~ s/\r$//;
		$in = 0 if $line eq 'end';
		$want .= unpack('u', $line) // '' if $in;
		$in = 1 if $line =~ /^begin [0-7]{3,4} ./;
	}
	push @other, $path unless $want ne '' &&
		first_file('mail_open', $path) eq $want;
}
is_deeply(\@other, [], @archives . ' archives are opened byte for byte');
done_testing();
